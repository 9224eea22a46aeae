"use client";

import { useResearch } from "research-socket/react";

export function Research({ url, id }) {
  const { state, end } = useResearch(id, { url });
  return (
    <>
      <progress id="bar" max="100" value={state.progress ?? 0} />
      <output id="status">{end ? end.status : "waiting"}</output>
      <ol id="log">
        {state.logs.map(({ message }, index) => (
          <li key={index}>{message}</li>
        ))}
      </ol>
    </>
  );
}

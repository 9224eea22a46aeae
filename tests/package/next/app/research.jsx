"use client";

import { useResearch, useResearchLog } from "research-socket/react";

export function Research({ url, id }) {
  const { state, end } = useResearch(id, { url });
  const lines = useResearchLog(id, { url });
  return (
    <>
      <progress id="bar" max="100" value={state.progress ?? 0} />
      <output id="status">{end ? end.status : "waiting"}</output>
      <ol id="log">
        {lines.map(({ message }, index) => (
          <li key={index}>{message}</li>
        ))}
      </ol>
    </>
  );
}

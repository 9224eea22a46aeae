import { useResearch, useResearchLog } from "research-socket/react";

export function Research({ id }) {
  const { state, end } = useResearch(id);
  const lines = useResearchLog(id);
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

import { useEffect, useState } from "react";
import { connect } from "research-socket";

export function Research({ url, id }) {
  const [progress, setProgress] = useState(0);
  const [lines, setLines] = useState([]);
  const [status, setStatus] = useState("waiting");

  useEffect(() => {
    const end = new AbortController();
    connect({ url, signal: end.signal })
      .then((client) => {
        const research = client.subscribe(id);
        research.on("update", (update) => setProgress(update.progress ?? 0));
        research.on("log", ({ message }) => setLines((lines) => [...lines, message]));
        research.on("end", ({ status, progress }) => {
          setProgress(progress);
          setStatus(status);
        });
      })
      .catch((error) => {
        if (error.code !== "ABORTED") throw error;
      });
    return () => end.abort();
  }, [url, id]);

  return (
    <>
      <progress id="bar" max="100" value={progress} />
      <output id="status">{status}</output>
      <ol id="log">
        {lines.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ol>
    </>
  );
}

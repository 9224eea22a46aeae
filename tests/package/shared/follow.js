// The page of every consumer but those with a framework: a bar, a log and a status.

/** @param {typeof import("research-socket").connect} connect from the consumer's own copy of the package */
export async function follow(connect) {
  const [bar, log, status] = ["bar", "log", "status"].map((id) => document.getElementById(id));
  const client = await connect();
  const research = client.subscribe("research-1");
  research.on("update", ({ progress }) => (bar.value = progress ?? bar.value));
  research.on("log", ({ message }) => log.append(Object.assign(document.createElement("li"), { textContent: message })));
  const end = await research.done;
  bar.value = end.progress;
  status.textContent = end.status;
}

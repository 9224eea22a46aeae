// A page as its author would write it, under `--strict`. Never run, only compiled.

import { ResearchSocketError, connect, type EndStatus } from "research-socket";
import "research-socket/compat";
import { doctor } from "research-socket/doctor";
import { connect as connectInline } from "research-socket/inline";
import { useResearch } from "research-socket/react";

const bar = document.querySelector("progress")!;
const client = await connect({ reconnectionAttempts: 10, fallback: { interval: 5000 } });
const research = client.subscribe("research-12345", (update) => (bar.value = update.progress ?? bar.value));
client.on("state", ({ name, delay }) => console.log(name, delay?.toFixed()));

for await (const { message, level } of research.logs({ level: ["milestone", "error"] })) console.log(level, message);

try {
  const { status }: { status: EndStatus } = await research.done;
  console.log(status);
} catch (error) {
  if (error instanceof ResearchSocketError && error.code !== "ABORTED") throw error;
}

// The other entry points.
const same: typeof connect = connectInline;
useResearch("research-12345").state.progress?.toFixed();
window.socket.subscribeToResearch("research-12345", ({ message }) => console.log(message, same));

for (const { code, message, setting } of (await doctor({ timeout: 5000 })).findings) console.warn(code, message, setting.trim());

// @ts-expect-error a research is not "done"
(await research.done).status === "done";
// @ts-expect-error there is no such option
await connect({ attempts: 10 });

// `cargo xtask cluster`: a cluster with a page to look at, and commands for what is to go wrong.

import path from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { startCluster } from "./cluster.mjs";
import { PROXIES } from "./proxies.mjs";

const { values } = parseArgs({ options: { proxy: { type: "string", default: "haproxy" }, kind: { type: "string", default: "flask" } } });
const { proxy, kind } = /** @type {{ proxy: import("./cluster.mjs").ProxyName, kind: import("./cluster.mjs").Kind }} */ (values);
if (!(proxy in PROXIES) || !["flask", "asgi"].includes(kind)) throw new Error(`--proxy is one of ${Object.keys(PROXIES).join(", ")}; --kind flask or asgi`);

const ID = "research-1";
const COMMANDS = `lines 100   writes so many lines, 20 a second; end: the research ends
kill 1      kills worker 1; start 1 starts it again
hang 1      stops worker 1 in the middle of what it does; wake 1: it goes on
roll        each worker begins anew, one after the other
redis       restarts Redis; proxy: the balancer reads its configuration again
where       which worker has the page; output: what all processes said; quit`;

/** @type {(() => unknown)[]} */
const ends = [];
const cluster = await startCluster({ after: (end) => void ends.push(end) }, { proxy, kind, flags: ["--html", path.join(import.meta.dirname, "page.html")] });
const research = await cluster.startResearch(ID);

/** @type {Record<string, (number: number) => unknown>} */
const ACTIONS = {
  lines: (count) => void research.lines(count || 100, { everyMs: 50 }).catch(console.error),
  end: () => research.end(),
  kill: (worker) => cluster.killWorker(worker - 1),
  start: (worker) => cluster.startWorker(worker - 1),
  hang: (worker) => cluster.hangWorker(worker - 1),
  wake: (worker) => cluster.wakeWorker(worker - 1),
  roll: () => cluster.reload(),
  redis: () => cluster.restartRedis(),
  proxy: () => cluster.reloadProxy(),
  where: async () => console.log((await cluster.workerOf(ID)) + 1 || "none"),
  output: () => console.log(cluster.output),
  help: () => console.log(COMMANDS),
};

console.log(`${cluster.url}/progress/${ID}\n\n${COMMANDS}`);
// Ctrl-C ends this process at once, and the leash the others.
for await (const line of createInterface({ input: process.stdin })) {
  const [word, number] = line.trim().split(/\s+/);
  if (word === "quit") break;
  const action = ACTIONS[word] ?? ACTIONS.help;
  await Promise.resolve(action(Number(number))).then(() => console.log("done"), (error) => console.error(String(error)));
}
for (const end of ends) await end();
process.exit(0);

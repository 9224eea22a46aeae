// A page behind real balancers with several workers and Redis, of which some go: it hears every line once. `cargo xtask cluster --table`
// tries all faults with all of them; here is each fault, and each balancer, at least once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "../page/support/browser.mjs";
import { follow } from "../page/support/follow.mjs";
import { LIMIT, until } from "../page/support/until.mjs";
import { startCluster } from "./cluster.mjs";
import { check, figures, run } from "./faults.mjs";

/** @type {{ proxy: import("./cluster.mjs").ProxyName, kind: import("./cluster.mjs").Kind, options?: object, faults: string[] }[]} */
const SHARE = [
  { proxy: "haproxy", kind: "flask", faults: ["workers are killed in turn", "a worker hangs"] },
  { proxy: "nginx-cookie", kind: "flask", faults: ["the balancer is reloaded", "a worker hangs"] },
  { proxy: "nginx-ip-hash", kind: "asgi", faults: ["workers are rolled", "Redis is restarted"] },
  { proxy: "round-robin", kind: "flask", options: { transports: ["websocket"] }, faults: ["workers are killed in turn"] },
];

for (const { proxy, kind, options, faults } of SHARE) {
  test(`behind ${proxy} with workers of ${kind} a page hears every line once, whoever goes`, LIMIT, async (t) => {
    const cluster = await startCluster(t, { proxy, kind });
    for (const [n, fault] of faults.entries()) {
      await t.test(fault, async (t) => {
        const id = `research-${n + 1}`;
        await withPage(`${cluster.url}/progress/${id}`, { expected: [FAILED_REQUEST, /WebSocket connection to/] }, async (page) => {
          const outcome = await run(cluster, page, { id, fault, options });
          t.diagnostic(JSON.stringify(figures(outcome)));
          check(outcome);
        });
      });
    }
  });
}

test("behind a balancer without stickiness the second session says why, and the status goes on", LIMIT, async (t) => {
  const cluster = await startCluster(t, { proxy: "round-robin" });
  const research = await cluster.startResearch("research-1");
  await withPage(`${cluster.url}/progress/research-1`, { expected: [FAILED_REQUEST] }, async (page) => {
    const followed = await follow(page, { id: "research-1" });
    const isNamed = (/** @type {any} */ { event, detail }) => event === "connect_error" && detail.code === "STICKY_SESSION";
    const { connection } = await followed.until("the reason", ({ connection }) => connection.some(isNamed));
    const errors = connection.filter(({ event }) => event === "connect_error").map(({ detail }) => detail);
    // The first could have been a server that was restarted.
    assert.ok(errors.findIndex(({ code }) => code === "STICKY_SESSION") <= 1, JSON.stringify(errors));
    assert.match(errors.find(({ code }) => code === "STICKY_SESSION").message, /sticky sessions.*a WebSocket \(option `transports`\)/);

    await research.lines(20);
    const heard = await followed.untilLines(20);
    assert.deepEqual([...new Set(heard.sources)], ["history"]);
    await research.end();
    await followed.until("the end, by the status", ({ done }) => done.length > 0);
  });
});

test("what a cluster has started ends with the process that started it, also when that is killed", LIMIT, async (t) => {
  const { spawn } = await import("node:child_process");
  const source = `
    import { startCluster } from ${JSON.stringify(new URL("cluster.mjs", import.meta.url))};
    const cluster = await startCluster({ after() {} }, { proxy: "haproxy", kind: "asgi" });
    console.log(JSON.stringify(cluster.workers.map(({ pid }) => pid)));
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const pids = await new Promise((resolve) => child.stdout.setEncoding("utf8").once("data", (text) => resolve(JSON.parse(text))));
  const exist = () => pids.filter((/** @type {number} */ pid) => isRunning(pid));
  assert.equal(exist().length, 2);
  child.kill("SIGKILL");
  await until("the workers have ended", () => exist().length === 0, { seen: exist });
});

/** @param {number} pid */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

// `cargo xtask cluster --table`: every fault behind every balancer, over each transport, and what a page hears of the lines.

import { parseArgs } from "node:util";
import { test } from "node:test";
import { withPage } from "../page/support/browser.mjs";
import { startCluster } from "./cluster.mjs";
import { check, FAULTS, figures, run } from "./faults.mjs";

const { values } = parseArgs({ options: { proxy: { type: "string" }, kind: { type: "string" } } });

const PROXIES = /** @type {const} */ (["haproxy", "nginx-cookie", "nginx-ip-hash", "round-robin"]);
const KINDS = /** @type {const} */ (["flask", "asgi"]);
const COLUMNS = ["fault", "balancer", "workers", "transport", "written", "heard", "twice", "late", "longest standstill"];

/** @type {string[][]} */
const rows = [];

for (const proxy of PROXIES.filter((proxy) => !values.proxy || proxy === values.proxy)) {
  for (const kind of KINDS.filter((kind) => !values.kind || kind === values.kind)) {
    // Without stickiness there is no long-polling.
    const transports = proxy === "round-robin" ? ["websocket"] : ["polling", "websocket"];
    test(`${proxy}, ${kind}`, { timeout: 1_800_000 }, async (t) => {
      const cluster = await startCluster(t, { proxy, kind });
      let count = 0;
      for (const fault of Object.keys(FAULTS)) {
        for (const transport of transports) {
          const id = `research-${(count += 1)}`;
          await t.test(`${fault}, ${transport}`, () =>
            withPage(`${cluster.url}/progress/${id}`, { expected: [/./], record: false }, async (page) => {
              const outcome = await run(cluster, page, { id, fault, options: { transports: [transport] } });
              const { written, heard, twice, late, standstill } = figures(outcome);
              rows.push([fault, proxy, kind, transport, ...[written, heard, twice, late].map(String), `${standstill} ms`]);
              check(outcome);
            }),
          );
        }
      }
    });
  }
}

test("the table", () => {
  const order = Object.keys(FAULTS);
  rows.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
  const lines = [COLUMNS, COLUMNS.map((_, n) => (n < 4 ? "---" : "---:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  process.stdout.write(`\n${lines.join("\n")}\n`);
});

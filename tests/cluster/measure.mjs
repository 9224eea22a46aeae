// `cargo xtask cluster --storm`: many real clients whose workers are killed for ten seconds; `--cost`: what pages cost to serve. As tables.

import { parseArgs } from "node:util";
import { cost, FOLLOWERS, hourOf, RATES } from "./cost.mjs";
import { figures, storm } from "./storm.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    proxy: { type: "string", default: "haproxy" },
    clients: { type: "string" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "30" },
  },
});
const proxy = /** @type {import("./cluster.mjs").ProxyName} */ (values.proxy);

/** Milliseconds for which the workers are gone, besides the time that they take to start. */
const DOWN_MS = 10_000;

/** @type {Record<string, () => Promise<void>>} */
const MEASUREMENTS = { storm: measureStorm, cost: measureCost };
await MEASUREMENTS[positionals[0]]();

async function measureStorm() {
  const clients = Number(values.clients ?? 300);
  const columns = ["over", "gone for", "live: half", "95 %", "all", "requests in a second: before, most, mean", "refused: while gone, then"];
  const rows = [];
  const details = [];
  for (const transport of /** @type {const} */ (["polling", "websocket"])) {
    const outcome = await scoped((t) => storm(t, { proxy, transport, clients, downMs: DOWN_MS, times: "real", seed: Number(values.seed) }));
    const { down, half, most, all, before, perSecond, refused, requests } = figures(outcome);
    const mean = Math.round((1_000 * requests) / all);
    const returned = Math.floor(down / 1_000);
    rows.push([transport, seconds(down), seconds(half), seconds(most), seconds(all), `${before}, ${Math.max(...perSecond)}, ${mean}`, `${refused.down}, ${refused.back}`]);
    details.push(`Over ${transport}, requests in each second after the kill (the workers answer again in second ${returned}): ${perSecond.join(" ")}`);
  }
  console.log(`\n${clients} clients of the native core, ${proxy}, three workers. Times since the first worker answers again.\n`);
  print(columns, rows);
  console.log(`\n${details.join("\n\n")}`);
}

async function measureCost() {
  const [count, seconds] = [Number(values.clients ?? 40), Number(values.seconds)];
  const given = { proxy, count, seconds };
  const empty = await scoped((t) => cost(t, { ...given, who: "nobody", transport: "polling" }));
  const rows = [];
  for (const who of Object.keys(FOLLOWERS).filter((who) => who !== "nobody")) {
    for (const transport of /** @type {const} */ (["polling", "websocket"])) {
      const measured = await scoped((t) => cost(t, { ...given, who, transport }));
      for (const rate of RATES) {
        const [figures, without] = [measured.get(rate), empty.get(rate)];
        if (!figures || !without) throw new Error(`nothing was measured of ${who} over ${transport} at ${rate} lines/s`);
        const { requests, up, down, workers, others } = hourOf(figures, without);
        const row = [who, transport, rate === 0 ? "idle" : `${rate}/s`, requests.toLocaleString("en"), megabytes(up), megabytes(down), workers.toFixed(1), others.toFixed(1)];
        rows.push(row);
        // It takes long until all are there.
        console.error(row.join(" | "));
      }
    }
  }
  console.log(`\nAn hour, scaled from ${seconds} s with lines and ${2 * seconds} s without; ${count} clients, or two browsers; ${proxy}, three workers.\n`);
  print(["who", "over", "lines", "requests", "MB to the server", "MB from it", "CPU seconds of the workers", "of balancer and Redis"], rows);
  const share = [...empty].map(([rate, { seconds, workers, others }]) => `${rate}/s ${(workers / seconds / 10).toFixed(2)} % and ${(others / seconds / 10).toFixed(2)} %`);
  console.log(`\nOf one processor without pages, which is not in the table, the workers and the others: ${share.join("; ")}.`);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(2);
}

/** @param {string[]} columns @param {string[][]} rows */
function print(columns, rows) {
  for (const cells of [columns, columns.map(() => "---"), ...rows]) console.log(`| ${cells.join(" | ")} |`);
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/**
 * Ends what was started in it, the last first.
 * @template T
 * @param {(t: import("./cluster.mjs").Scope) => Promise<T>} run
 */
async function scoped(run) {
  /** @type {(() => unknown)[]} */
  const ends = [];
  try {
    return await run({ after: (end) => void ends.unshift(end) });
  } finally {
    for (const end of ends) await end();
  }
}

// What a log line costs a page, beside socket.io-client on the same server in the same run. Machines differ and are noisy:
// only the ratios mean something.

import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "../page/support/browser.mjs";
import { follow, followWithPeer } from "../page/support/follow.mjs";
import { startServer } from "../page/support/servers.mjs";
import { tasksDuring } from "../page/support/tasks.mjs";
import { Meter, wasmMemory } from "./support/meter.mjs";
import { median, short, table } from "./support/table.mjs";

const QUICK = process.argv.includes("--quick");
const ROUNDS = QUICK ? 1 : 3;
const COUNTS = QUICK ? [5_000] : [5_000, 20_000];
/** Milliseconds that the page's handler is busy with each line. */
const HANDLERS = [0, 0.5];
const ID = "research-1";

/**
 * The server sends each line twice, under two names. The peer hands both to the page.
 * @type {{ name: string, start: typeof follow, copies: number, ours: boolean }[]}
 */
const CLIENTS = [
  { name: "research-socket", start: follow, copies: 1, ours: true },
  { name: "socket.io-client", start: followWithPeer, copies: 2, ours: false },
];
const HEAD = ["client", "cpu µs/line", "tasks µs/line", "longest task ms", "lines", "handler calls", "sessions", "wasm MB", "JS heap MB"];

test("log lines", async (t) => {
  for (const count of COUNTS) {
    for (const handler of HANDLERS) {
      const runs = CLIENTS.map((client) => ({ client, measured: [] }));
      for (let round = 0; round < ROUNDS; round += 1) {
        // Whoever is second finds a warmer machine.
        for (const { client, measured } of round % 2 ? runs.toReversed() : runs) {
          await t.test(`${client.name}, ${count} lines`, async (t) => measured.push(await measure(t, client, count, handler)));
        }
      }
      const rows = [];
      for (const { client, measured } of runs) {
        await t.test(`${client.name}, ${count} lines, tasks`, async (t) => {
          const longest = await longestTask(t, client, count, handler);
          if (measured.length > 0) rows.push({ name: client.name, ...summary(measured, longest, count) });
        });
      }
      show(count, handler, rows);
    }
  }
});

/** One page and one server. */
async function measure(t, client, count, handler) {
  return onPage(t, client, handler, async ({ page, server, followed }) => {
    const meter = await Meter.on(page);
    const cost = await meter.during(() => deliver(server, followed, client, count));
    const { lines } = await followed.heard();
    const { sessions } = await server.stats();
    const wasm = client.ours ? await wasmMemory(page) : undefined;
    return { ...cost, lines: new Set(lines).size, calls: lines.length, sessions: sessions.length, wasm, heap: await meter.heap() };
  });
}

/** Recording the tasks costs time, so the costs are not measured here. */
async function longestTask(t, client, count, handler) {
  return onPage(t, client, handler, async ({ page, server, followed }) => {
    const tasks = await tasksDuring(page, () => deliver(server, followed, client, count));
    return tasks.reduce((longest, { cpu }) => Math.max(longest, cpu), 0);
  });
}

async function onPage(t, { start, ours }, handler, use) {
  const server = await startServer(t, "flask", { page: true });
  await server.control("research", { id: ID });
  let result;
  // The peer's sessions end with requests that fail, if the page is busy for too long.
  await withPage(`${server.url}/progress/${ID}`, { expected: ours ? [] : [FAILED_REQUEST], record: false }, async (page) => {
    const followed = await start(page, { id: ID, lineCost: handler });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    result = await use({ page, server, followed });
  });
  return result;
}

async function deliver(server, followed, { copies }, count) {
  await server.control("lines", { id: ID, count });
  // What is lost is a result here, in the table, and no failure.
  await followed.untilLines(copies * count, 60_000).catch(() => {});
}

function summary(measured, longest, count) {
  const all = (key) => measured.map((one) => one[key]);
  const of = (key) => median(all(key));
  return {
    cpu: (of("cpu") * 1000) / count,
    tasks: (of("tasks") * 1000) / count,
    longest,
    // The worst round of each.
    lines: Math.min(...all("lines")),
    calls: Math.max(...all("calls")),
    sessions: Math.max(...all("sessions")),
    wasm: of("wasm"),
    heap: of("heap"),
  };
}

function show(count, handler, rows) {
  const what = handler === 0 ? "an empty handler" : `a handler of ${handler} ms`;
  console.log(`\n${count} lines at once, each sent twice, ${what}; median of ${ROUNDS}`);
  const megabytes = (bytes) => (bytes === undefined ? "" : (bytes / 1e6).toFixed(1));
  const cells = rows.map(({ name, cpu, tasks, longest, lines, calls, sessions, wasm, heap }) =>
    [name, short(cpu), short(tasks), longest.toFixed(0), lines, calls, sessions, megabytes(wasm), megabytes(heap)].map(String),
  );
  if (rows.length === 2) {
    const [ours, theirs] = rows;
    const ratio = (key) => `${short(ours[key] / theirs[key])} ×`;
    cells.push(["ratio", ratio("cpu"), ratio("tasks"), ratio("longest"), "", "", "", "", ""]);
  }
  console.log(table(HEAD, cells));
}

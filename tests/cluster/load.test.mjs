// The native core against real workers: what a load of it tells, what it leaves behind, and a small storm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, until } from "../page/support/until.mjs";
import { startCluster } from "./cluster.mjs";
import { cost, hourOf } from "./cost.mjs";
import { startLoad } from "./load.mjs";
import { beginsRequest, groupIn } from "./meter.mjs";
import { figures, storm } from "./storm.mjs";

const CLIENTS = 12;
const LINES = 30;

test("native clients hear every line and the end over either transport, at the workers that a balancer gives them, and say goodbye", LIMIT, async (t) => {
  const cluster = await startCluster(t, { proxy: "haproxy" });
  const research = await cluster.startResearch("load-1");
  const loads = /** @type {const} */ (["polling", "websocket"]).map((transport) => startLoad(t, { url: cluster.url, clients: CLIENTS, one: true, transport }));
  for (const load of loads) await load.until("all are live", ({ live }) => live === CLIENTS);
  const connected = await Promise.all(cluster.workers.map((worker) => worker.stats().then((stats) => stats.connected)));
  assert.equal(connected.reduce((sum, one) => sum + one, 0), 2 * CLIENTS);
  assert.ok(connected.every((one) => one > 0), `not all workers have clients: ${connected}`);
  await research.lines(LINES);
  for (const load of loads) await load.until("every line is heard", ({ lines }) => lines >= CLIENTS * LINES);
  await research.end();
  for (const load of loads) await load.until("every end is heard", ({ ends }) => ends >= CLIENTS);
  for (const load of loads) await load.end();
  assert.deepEqual(loads.map(({ last }) => [last?.lines, last?.ends, last?.live]), Array(2).fill([CLIENTS * LINES, CLIENTS, 0]));
  for (const worker of cluster.workers) {
    let stats = /** @type {any} */ (undefined);
    await until("no session is left", async () => (stats = await worker.stats()).connected === 0, { seen: () => stats.connected });
    assert.deepEqual(stats.sessions.filter((/** @type {any} */ { reason }) => /timeout/.test(reason)), [], "no goodbye");
  }
});

test("all native clients are live again after their workers were killed, and the storm is told by its figures", LIMIT, async (t) => {
  const outcome = await storm(t, { proxy: "haproxy", transport: "polling", clients: CLIENTS, downMs: 1_000, calmMs: 0 });
  const { half, most, all, refused, requests } = figures(outcome);
  assert.ok(0 <= half && half <= most && most <= all, `${half}, ${most}, ${all}`);
  assert.ok(refused.down > 0, "nobody has noticed that the workers were gone");
  assert.ok(requests >= CLIENTS, `${requests} requests`);
});

test("figures of a storm count from the first answer of a worker", () => {
  const sample = (/** @type {number} */ at, /** @type {number} */ live, /** @type {number} */ requests, refused = 0) => ({ at, live, requests, refused, failed: 0, lines: 0, ends: 0 });
  const samples = [sample(0, 4, 0), sample(2_000, 4, 20), sample(3_000, 0, 30, 8), sample(4_500, 2, 40, 8), sample(6_000, 4, 60, 9), sample(7_000, 4, 70, 9)];
  assert.deepEqual(figures({ clients: 4, killedAt: 2_000, firstBack: 4_000, allBack: 4_200, samples }), {
    down: 2_000,
    allBack: 200,
    half: 500,
    most: 2_000,
    all: 2_000,
    before: 10,
    perSecond: [10, 0, 10, 20, 10],
    refused: { down: 8, back: 1 },
    requests: 30,
  });
});

for (const [who, transport] of /** @type {const} */ ([["research-socket", "polling"], ["socket.io-client", "websocket"], ["10 tabs of Chromium that share", "polling"]])) {
  test(`what ${who} costs over ${transport} is measured while lines come`, LIMIT, async (t) => {
    const measured = await cost(t, { who, transport, count: 3, seconds: 0.5, settleMs: 0, rates: [20] });
    const figures = measured.get(20);
    assert.ok(figures && figures.down > 0 && figures.workers > 0 && figures.others > 0, JSON.stringify(figures));
    // A WebSocket asks for nothing while it is there.
    assert.equal(figures.requests > 0, transport === "polling", JSON.stringify(figures));
  });
}

test("lines that nobody follows cost the workers something, and no request", LIMIT, async (t) => {
  const measured = await cost(t, { who: "nobody", transport: "polling", count: 0, seconds: 0.5, settleMs: 0, rates: [20] });
  const figures = measured.get(20);
  assert.ok(figures && figures.requests === 0 && figures.down === 0 && figures.workers > 0, JSON.stringify(figures));
});

test("an hour of a page is what was measured, scaled, without what is computed for nobody", () => {
  const figures = { seconds: 30, units: 10, requests: 100, up: 1_000, down: 2_000, workers: 500, others: 70 };
  const empty = { seconds: 60, units: 1, requests: 0, up: 0, down: 0, workers: 400, others: 40 };
  assert.deepEqual(hourOf(figures, empty), { requests: 1_200, up: 12_000, down: 24_000, workers: 3.6, others: 0.6 });
});

test("a meter knows the beginning of a request, and the group of a process whatever its name", () => {
  assert.ok(beginsRequest(Buffer.from("GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: x\r\n\r\n")));
  assert.ok(!beginsRequest(Buffer.from('42["GET / HTTP/1.1\r\n"]')));
  assert.equal(groupIn("12 (a) R 1 (x) S 1 77 5 0"), 77);
});

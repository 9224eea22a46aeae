// The real servers themselves, seen by the reference client: what the page tests rely on is true of them.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { io } from "socket.io-client";
import { startProxy } from "../servers/proxy.mjs";
import { startRoundRobin } from "../servers/round_robin.mjs";
import { numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { until } from "./support/until.mjs";

/** The reference client on long-polling, with everything it hears. */
function reference(t, server, options = {}) {
  const socket = io(server.url, { path: server.path ?? "/socket.io", transports: ["polling"], forceNew: true, ...options });
  t.after(() => socket.disconnect());
  const heard = [];
  const drops = [];
  socket.onAny((event, ...args) => heard.push({ event, args }));
  socket.on("disconnect", (reason) => drops.push(reason));
  const connected = () => until("the reference client connects", () => socket.connected);
  return { socket, heard, drops, connected };
}

async function subscribed(t, server, id, options) {
  const client = reference(t, server, options);
  await client.connected();
  client.socket.emit("subscribe_to_research", { research_id: id });
  await server.until("the subscription arrives", (stats) => stats.subscriptions.length === 1);
  return client;
}

const messages = (heard) => heard.map(({ args }) => args[0].log_entry?.message ?? args[0].message);

test("the flask server sends each update twice to a subscriber and once to everybody else", async (t) => {
  const server = await startServer(t, "flask");
  const subscriber = await subscribed(t, server, "r1");
  const stranger = reference(t, server);
  await stranger.connected();

  await server.control("updates", { id: "r1", count: 3 });
  await server.control("final", { id: "r1" });

  await until("all arrive", () => subscriber.heard.length === 10 && stranger.heard.length === 5);
  assert.deepEqual(messages(subscriber.heard).slice(0, 6), ["step 1", "step 1", "step 2", "step 2", "step 3", "step 3"]);
  assert.deepEqual(new Set(subscriber.heard.map(({ event }) => event)), new Set(["progress_r1"]));
  assert.deepEqual(subscriber.heard.at(-1).args[0], { status: "completed", message: "Research completed", progress: 100 });
});

test("the open packet of the flask server says what the application's says", async (t) => {
  const server = await startServer(t, "flask");
  const response = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`);
  const open = JSON.parse((await response.text()).slice(1));
  assert.equal(response.headers.get("connection"), "close");
  assert.deepEqual([open.pingInterval, open.pingTimeout, open.maxPayload], [5000, 20000, 1000000]);
});

test("the documented release answers a subscription with a snapshot when the research has a log line", async (t) => {
  const server = await startServer(t, "flask", { release: "documented" });
  await server.control("lines", { id: "r1", count: 2 });
  const { heard } = await subscribed(t, server, "r1");
  await until("the snapshot arrives", () => heard.length === 1);
  assert.equal(heard[0].event, "research_progress_r1");
  assert.equal(heard[0].args[0].status, "in_progress");
  assert.match(heard[0].args[0].log_entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
});

test("a killed flask server still has its research and its lines when it is started again", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "research-"));
  t.after(() => rm(folder, { recursive: true }));
  const server = await startServer(t, "flask", { store: path.join(folder, "store.sqlite") });
  await server.control("lines", { id: "r1", count: 2, type: "MILESTONE" });
  await server.control("updates", { id: "r1", count: 1, total: 2 });
  const before = await server.stored("r1");

  server.kill();
  await server.start();

  assert.deepEqual(await server.stored("r1"), before);
  assert.match(before[0].timestamp, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  const status = await (await fetch(`${server.url}/api/research/r1/status`)).json();
  assert.deepEqual([status.status, status.progress, status.log_entry.message], ["in_progress", 47.5, "line 2"]);
  assert.equal((await server.stats()).sessions.length, 0);
});

test("log lines wait in a queue that holds a thousand, and a kill loses what waits", async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "research-"));
  t.after(() => rm(folder, { recursive: true }));
  const store = path.join(folder, "store.sqlite");
  const server = await startServer(t, "flask", { store, logDelay: 0.5 });
  const { heard } = await subscribed(t, server, "r1");
  await server.control("lines", { id: "r1", count: 1500 });
  await until("all arrive live", () => heard.length === 3000);
  await until("the queue is written", async () => (await server.stored("r1")).length > 0);
  assert.deepEqual((await server.stored("r1")).map(({ message }) => message), numbered("line", 1, 1000));

  await server.control("lines", { id: "r1", count: 1, first: 2000 });
  server.kill();
  await server.start();
  assert.equal((await server.stored("r1")).length, 1000);
});

test("lines whose text comes again have their own times and ids", async (t) => {
  const server = await startServer(t, "flask");
  const { heard } = await subscribed(t, server, "r1");
  await server.control("lines", { id: "r1", count: 6, again: 3 });
  await until("all arrive", () => heard.length === 12);
  const texts = ["line 1", "line 2", "line again", "line 4", "line 5", "line again"];
  const stored = await server.stored("r1");
  assert.deepEqual(stored.map(({ message }) => message), texts);
  assert.equal(new Set(stored.map(({ id }) => id)).size, 6);
  assert.equal(new Set(heard.map(({ args }) => args[0].log_entry.time)).size, 6);
});

test("the endpoints refuse strangers, unknown ids and a termination without its token", async (t) => {
  const server = await startServer(t, "flask");
  await server.control("research", { id: "r1", active: true, queue_position: 2 });
  const get = (where, options) => fetch(server.url + where, options);

  assert.equal((await get("/api/research/nobody/status")).status, 404);
  assert.equal((await (await get("/api/queue/r1/position")).json()).position, 2);
  assert.equal((await get("/api/terminate/r1", { method: "POST", body: "{}" })).status, 400);
  const token = (await (await get("/progress/r1")).text()).match(/csrf-token" content="(\w+)"/)?.[1] ?? "";
  const ended = await get("/api/terminate/r1", { method: "POST", body: "{}", headers: { "X-CSRFToken": token } });
  assert.equal((await ended.json()).status, "success");
  assert.equal((await (await get("/api/research/r1/status")).json()).status, "suspended");

  await server.control("access", { sign_in_required: true });
  const refused = await get("/api/research/r1/status");
  assert.deepEqual([refused.status, await refused.json()], [401, { error: "Authentication required" }]);
  assert.match(await (await get("/history/logs/r1")).text(), /Sign in/);
  assert.equal((await get("/api/research/r1/status", { headers: { Cookie: "session=test-session" } })).status, 200);
});

test("the asgi server refuses with a reason, and ends an expired session", async (t) => {
  const server = await startServer(t, "asgi");
  for (const [id, error] of [["anon-1", "Authentication required"], ["denied-1", "Not authorized"], ["expired-1", "Session expired"]]) {
    const client = reference(t, server);
    await client.connected();
    client.socket.emit("subscribe_to_research", { research_id: id });
    await until(`${id} is refused`, () => client.heard.length === 1);
    assert.deepEqual(client.heard[0], { event: "subscribe_error", args: [{ error, research_id: id }] });
    if (id === "expired-1") {
      await until("the server disconnects it", () => client.drops.length === 1);
      assert.deepEqual(client.drops, ["io server disconnect"]);
    } else {
      assert.deepEqual(client.drops, []);
    }
  }
});

test("the asgi server sends updates to subscribers, once, until they unsubscribe", async (t) => {
  const server = await startServer(t, "asgi");
  const subscriber = await subscribed(t, server, "r1");
  const stranger = reference(t, server);
  await stranger.connected();
  await server.control("updates", { id: "r1", count: 2 });
  await until("both arrive", () => subscriber.heard.length === 2);
  assert.deepEqual(messages(subscriber.heard), ["step 1", "step 2"]);

  subscriber.socket.emit("unsubscribe_from_research", { research_id: "r1" });
  await server.until("the unsubscription arrives", (stats) => stats.events.unsubscribe_from_research === 1);
  await server.control("updates", { id: "r1", count: 1 });
  await subscriber.socket.timeout(5000).emitWithAck("echo", "a round trip later");
  assert.equal(subscriber.heard.length, 2);
  assert.equal(stranger.heard.length, 0);
});

for (const kind of ["flask", "asgi", "node"]) {
  test(`the ${kind} server acknowledges, asks for acknowledgements, and takes binary both ways`, async (t) => {
    const server = await startServer(t, kind);
    const { socket, connected, heard } = reference(t, server);
    await connected();
    socket.on("question", (value, answer) => answer(value + 1));

    assert.deepEqual(await socket.timeout(5000).emitWithAck("echo", Buffer.from([0, 128, 255])), Buffer.from([0, 128, 255]));
    socket.emit("bounce", { deep: Buffer.from([7]) }, "text");
    await until("it comes back", () => heard.some(({ event }) => event === "bounced"));
    assert.deepEqual(heard.find(({ event }) => event === "bounced").args, [{ deep: Buffer.from([7]) }, "text"]);

    await server.control("ask", { event: "question", args: [41] });
    const { answers } = await server.until("the answer arrives", (stats) => stats.answers.length === 1);
    assert.deepEqual(answers, [[42]]);
  });
}

test("the node server sends lines to subscribers on long-polling", async (t) => {
  const server = await startServer(t, "node");
  const { heard, socket } = await subscribed(t, server, "r1");
  await server.control("lines", { id: "r1", count: 3 });
  await until("all arrive", () => heard.length === 3);
  assert.deepEqual(messages(heard), ["line 1", "line 2", "line 3"]);
  assert.equal(socket.io.engine.transport.name, "polling");
});

test("a burst of 3,000 lines passes the flask server, and is stored", async (t) => {
  const server = await startServer(t, "flask");
  const { heard, drops } = await subscribed(t, server, "r1");
  await server.control("lines", { id: "r1", count: 3000 });
  await until("all arrive", () => heard.length === 6000, { seen: () => [heard.length, drops] });
  assert.deepEqual(drops, []);
  assert.equal((await server.stored("r1")).length, 3000);
});

test("workers behind a balancer that is not sticky answer 400 to each request with a sid", async (t) => {
  const workers = [await startServer(t, "flask"), await startServer(t, "flask")];
  const balancer = await startRoundRobin({ workers: workers.map(({ url }) => url), deal: "never-its-own" });
  t.after(() => balancer.close());
  const { socket } = reference(t, balancer, { reconnectionDelay: 10, reconnectionDelayMax: 10 });
  await until("several sessions were tried", () => balancer.seen.filter(({ url }) => !url.includes("sid=")).length > 3);
  socket.disconnect();
  assert.deepEqual(new Set(balancer.seen.filter(({ url, status }) => status && url.includes("sid=")).map(({ status }) => status)), new Set([400]));
});

test("the proxy passes, refuses, holds and delays on one port", async (t) => {
  const server = await startServer(t, "flask");
  const proxy = await startProxy({ target: server.url });
  t.after(() => proxy.close());
  const ask = () => fetch(`${proxy.url}/control/stats`, { headers: { Connection: "close" } });

  assert.equal((await ask()).status, 200);
  proxy.mode("refuse");
  await assert.rejects(ask());

  proxy.mode("blackhole");
  let answered = false;
  const held = ask().then((response) => {
    answered = true;
    return response.status;
  });
  await until("the connection is held", () => proxy.connections() === 1);
  await server.stats();
  assert.equal(answered, false);
  proxy.mode("pass");
  assert.equal(await held, 200);

  proxy.mode("delay", 60);
  const start = performance.now();
  await ask();
  assert.ok(performance.now() - start >= 120, "60 ms each way");
});

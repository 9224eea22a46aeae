// When the module itself fails: a fresh instance takes over, the page hears of it once and of nothing twice, and nothing goes
// round in circles.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ResearchSocketError, toError } from "../../pkg-template/client/error.js";
import { codeOf, connected, fake, moments, reported, settled } from "./fake.mjs";

const trap = () => new WebAssembly.RuntimeError("unreachable");

/** Makes the module trap in the middle of what a page does. */
function trapIn(client, world) {
  world.answers.emit = trap();
  assert.throws(() => client.emit("x"), { code: "INTERNAL" });
  world.answers.emit = () => 1;
}

test("after a trap a fresh instance takes over, and each client hears of it once", async (t) => {
  const errors = reported(t);
  const world = fake();
  const warned = [];
  const here = await world.connect({ logger: { warn: (_, { code }) => warned.push(code) } });
  const there = await world.connect({ url: "https://other.example", reconnectionAttempts: 7 });
  const told = [];
  for (const client of [here, there]) client.on("warning", ({ code, message, cause }) => told.push([code, message, cause]));
  const before = [...world.connections];
  trapIn(here, world);
  assert.deepEqual(told, [], "not while the module may be on the stack");
  await settled();

  assert.deepEqual(told.map(([code]) => code), ["INTERNAL", "INTERNAL"]);
  assert.match(told[0][1], /started again.*client\.trace\(\)/);
  assert.ok(told[0][2] instanceof WebAssembly.RuntimeError);
  assert.deepEqual(warned, ["INTERNAL"]);
  assert.deepEqual(errors, []);
  assert.equal(world.resets, 1);
  assert.equal(world.loads, 1, "what is compiled is not loaded again");
  const known = ({ options: { group, ...options } }) => options;
  assert.deepEqual(world.connections.slice(2).map(known), before.map(known));
  for (const connection of world.connections.slice(2)) assert.equal(connection.of("open").length, 1);
});

test("the fresh instance is told what the page follows, listens to and has heard", async (t) => {
  const pass = moments(t);
  reported(t);
  const { client, connection, world } = await connected();
  const lines = ["one", "two"].map((message) => ({ message, time: "2026-01-01T00:00:00", level: "info" }));
  client.on("news", () => {});
  client.on("old", () => {})();
  client.subscribe(7);
  client.subscribe("over");
  client.subscribe("silent");
  client.unsubscribe(client.subscribe("left").id);
  pass();
  connection.tell("end", "over", { status: "completed" });
  connection.tell("status", "7", { status: "in_progress", previous: null });
  connection.tell("update", "7", { progress: 35 });
  connection.tell("update", "7", { message: "no number" });
  connection.tell("task", "7", "reading");
  connection.tell("engine", "7", { name: "searxng", resultCount: 3 });
  for (const line of lines) connection.tell("log", "7", line);
  trapIn(client, world);
  await settled();

  const fresh = world.connection;
  assert.deepEqual(fresh.names(), ["open", "listen", "subscribe", "recall", "subscribe"]);
  assert.deepEqual(fresh.of("listen"), [["news", true]]);
  assert.deepEqual(fresh.of("subscribe"), [[7], ["silent"]]);
  const [[id, facts, kept, complete]] = fresh.of("recall");
  assert.equal(id, "7");
  assert.deepEqual(JSON.parse(facts), {
    status: "in_progress",
    progress: 35,
    current_task: "reading",
    metadata: { search_engine: "searxng", result_count: 3 },
  });
  assert.deepEqual(JSON.parse(kept), lines);
  assert.equal(complete, true);
});

test("lines that the page no longer keeps are not said to be all", async (t) => {
  reported(t);
  const { client, connection, world } = await connected({ maxLogs: 1 });
  client.subscribe(7);
  for (let n = 0; n < 300; n += 1) connection.tell("log", "7", { message: `line ${n}`, level: "info" });
  trapIn(client, world);
  await settled();
  assert.equal(world.connection.of("recall")[0][3], false);
});

test("handlers, promises and loops go on as if nothing had happened", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  const research = client.subscribe(7);
  const heard = [];
  research.on("log", ({ message }) => heard.push(message));
  client.on("news", (value) => heard.push(value));
  const loop = research.logs();
  connection.tell("log", "7", { message: "before", level: "info" });
  trapIn(client, world);
  await settled();
  const fresh = world.connection;
  fresh.tell("log", "7", { message: "after", level: "info" });
  fresh.tell("event", "news", ["extra"]);
  fresh.tell("end", "7", { status: "completed" });
  assert.deepEqual(heard, ["before", "after", "extra"]);
  assert.equal(client.subscribe(7), research);
  assert.deepEqual(await research.done, { status: "completed" });
  const read = [];
  for await (const { message } of loop) read.push(message);
  assert.deepEqual(read, ["before", "after"]);
});

test("the page sees a connection that was lost and comes back", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  connection.tell("connect", undefined, { id: "a" });
  const seen = [];
  client.on("state", ({ name, reason }) => seen.push([name, reason?.code]));
  client.on("disconnect", (reason, { code }) => seen.push([reason, code]));
  client.on("connect", ({ id }) => seen.push(["connect", id]));
  client.on("reconnect", (attempts) => seen.push(["reconnect", attempts]));
  trapIn(client, world);
  await settled();
  const fresh = world.connection;
  fresh.tell("reconnect_attempt", undefined, 1);
  fresh.tell("state", undefined, { name: "connected" });
  fresh.tell("connect", undefined, { id: "b" });
  fresh.tell("connect", undefined, { id: "c" });
  assert.deepEqual(seen, [
    ["reconnecting", "INTERNAL"],
    ["transport error", "INTERNAL"],
    ["connected", undefined],
    ["reconnect", 1],
    ["connect", "b"],
    ["connect", "c"],
  ]);
});

test("what waits for an answer is rejected, and what is asked before the fresh instance is there", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  const research = client.subscribe(7);
  const waiting = [codeOf(client.emitWithAck("a")), codeOf(research.cancel())];
  await settled();
  trapIn(client, world);
  assert.throws(() => client.emit("b"), { code: "INTERNAL" });
  waiting.push(codeOf(client.emitWithAck("c")));
  research.refresh();
  client.connect();
  client.on("news", () => {});
  client.subscribe(8);
  assert.deepEqual(await Promise.all(waiting), ["INTERNAL", "INTERNAL", "INTERNAL"]);
  await settled();
  assert.deepEqual(world.connection.of("subscribe"), [[7], [8]]);
  assert.deepEqual(world.connection.of("listen"), [["news", true]]);
  assert.equal(connection.of("free").length, 0, "its memory is another's by now");
});

test("counts, state and progress go on where they were", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  const research = client.subscribe(7);
  world.answers.stats = { requests: 5, lines: 2 };
  world.answers.snapshot = { status: "in_progress", progress: 35, startedAt: 1000, queuePosition: 2, message: "m" };
  connection.tell("update", "7", { progress: 35 });
  assert.equal(client.stats().requests, 5);
  assert.equal(research.state.progress, 35);
  world.answers.stats = { requests: 1, lines: 0, connects: 1 };
  world.answers.snapshot = { status: null, progress: 12, startedAt: 2000, queuePosition: null, message: null };
  trapIn(client, world);
  await settled();
  assert.deepEqual(client.stats(), { runtime: "wasm", role: "alone", requests: 6, lines: 2, connects: 1 });
  world.connection.tell("update", "7", {});
  const { status, progress, startedAt, queuePosition, message } = research.state;
  assert.deepEqual([status, progress, startedAt, queuePosition, message], ["in_progress", 35, 1000, null, "m"]);
});

test("what was refused before is told by the next instance, if it still is", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  const research = client.subscribe(7);
  const heard = [];
  research.on("refusal", (refusal) => heard.push(refusal));
  connection.tell("refusal", "7", "unauthorized");
  trapIn(client, world);
  await settled();
  assert.equal(research.state.refusal, null);
  world.connection.tell("refusal", "7", "unauthorized");
  assert.deepEqual(heard, ["unauthorized", null, "unauthorized"]);
});

test("nothing of the instance that is gone is called, or calls", async (t) => {
  const errors = reported(t);
  const { client, connection, world } = await connected({ auth: () => ({ token: 1 }) });
  client.on("news", (acknowledge) => (world.acknowledge = acknowledge));
  connection.tell("event", "news", [], 7);
  const called = [];
  const { host } = connection;
  const target = new EventTarget();
  host.listen(target, "online", host.guard(() => called.push("listener")));
  world.timers.set(() => called.push("timer"), 0);
  const { signal } = host.controller();
  let refuse;
  host.read(new Promise((_, reject) => (refuse = reject)), 100, true, () => called.push("response"))();
  const channel = host.channel(() => called.push("message"));
  channel.port1.postMessage(null);
  connection.tell("credentials", 1);
  const before = connection.calls.length;
  trapIn(client, world);
  assert.equal(world.timers.set(() => called.push("timer of the dead"), 0), undefined);
  refuse(new TypeError("network"));
  target.dispatchEvent(new Event("online"));
  await settled();
  world.acknowledge("late");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(called, []);
  assert.equal(signal.aborted, true);
  assert.equal(connection.calls.length, before + 1, "nothing but the emit that trapped");
  assert.deepEqual(world.connection.names(), ["open", "listen"]);
  client.close();
  assert.deepEqual(errors, []);
});

test("a body that comes byte by byte is put together in one place, and read no further than its limit", async (t) => {
  const { connection } = await connected();
  let copied = 0;
  const { set } = Uint8Array.prototype;
  t.mock.method(Uint8Array.prototype, "set", function (from, ...more) {
    copied += from.length;
    return set.call(this, from, ...more);
  });
  // The reader's one buffer: who kept the pieces would have the last byte many times.
  const piece = new Uint8Array(1);
  let given = 0;
  let cancelled = 0;
  const read = async () => {
    piece[0] = given % 251;
    given += 1;
    return given > 5000 ? { done: true } : { value: piece, done: false };
  };
  const response = { status: 200, body: { getReader: () => ({ read, cancel: async () => (cancelled += 1) }) } };
  for (const [limit, length] of [[5000, 5000], [10_000, 5000], [4999, undefined]]) {
    given = 0;
    copied = 0;
    const body = await new Promise((resolve) => connection.host.read(response, limit, false, (_response, body) => resolve(body))());
    assert.equal(body?.length, length);
    assert.ok((body ?? []).every((byte, n) => byte === n % 251));
    assert.ok((body?.buffer.byteLength ?? 0) <= limit);
    assert.ok(copied <= 3 * 5000, `${copied} bytes copied`);
  }
  assert.equal(cancelled, 1);
});

test("a trap in a callback of the browser is seen as well, and other errors in it are shown", async (t) => {
  const errors = reported(t);
  const { client, connection, world } = await connected();
  const told = [];
  client.on("warning", ({ code }) => told.push(code));
  const { host } = connection;
  host.guard(() => {
    throw new TypeError("a fault of ours");
  })();
  assert.deepEqual(errors.splice(0).map(({ message }) => message), ["a fault of ours"]);
  host.guard(() => {
    throw trap();
  })();
  await settled();
  assert.deepEqual(told, ["INTERNAL"]);
  assert.equal(world.resets, 1);
  await new Promise((resolve) => {
    world.timers.set(() => {
      resolve();
      throw trap();
    }, 0);
  });
  await settled();
  assert.deepEqual(told, ["INTERNAL", "INTERNAL"], "the next instance has timers as well");
  assert.equal(world.resets, 2);
  assert.deepEqual(errors, []);
});

test("a timer that the module has cleared does not call it", async () => {
  const { world } = await connected();
  const called = [];
  world.timers.clear(world.timers.set(() => called.push("cleared"), 0));
  await new Promise((resolve) => world.timers.set(resolve, 1));
  assert.deepEqual(called, []);
});

test("a stack that overflows in the module counts as a trap", async (t) => {
  reported(t);
  const { client, world } = await connected();
  world.answers.emit = new RangeError("Maximum call stack size exceeded");
  assert.throws(() => client.emit("x"), { code: "INTERNAL" });
  await settled();
  assert.equal(world.resets, 1);
});

test("a module that traps again and again is given up, with one report", async (t) => {
  const errors = reported(t);
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const { client, world } = await connected();
  const other = await world.connect({ url: "https://other.example" });
  const { done } = other.subscribe(7);
  const reading = codeOf(other.subscribe(7).logs().next());
  const states = [];
  for (const each of [client, other]) each.on("state", ({ name, reason }) => states.push([name, reason.code]));
  // Two in a minute, twice: only what is less than a minute ago counts.
  for (const at of [0, 1000, 61_000, 62_000]) {
    now = at;
    trapIn(client, world);
    await settled();
  }
  assert.equal(client.state.name, "reconnecting");
  assert.equal(world.resets, 4);
  states.length = 0;
  now = 63_000;
  trapIn(client, world);
  await settled();
  assert.deepEqual(states, [["closed", "INTERNAL"], ["closed", "INTERNAL"]]);
  assert.equal(await codeOf(done), "INTERNAL");
  assert.equal(await reading, "INTERNAL");
  assert.equal(errors.length, 1);
  assert.match(errors[0].message, /client\.trace\(\).*reload the page/);
  assert.equal(world.resets, 4);
  assert.equal(await codeOf(world.connect()), "INTERNAL");
  const calls = world.connection.calls.length;
  client.close();
  assert.throws(() => client.emit("x"), { code: "INTERNAL" });
  assert.equal(world.connection.calls.length, calls);
});

test("a trap while the fresh instance is set up costs one more, and is told once", async (t) => {
  reported(t);
  const { client, world } = await connected();
  const other = await world.connect({ url: "https://other.example" });
  const told = [];
  for (const each of [client, other]) each.on("warning", () => told.push(each === client ? "first" : "second"));
  client.subscribe(7);
  let opened = 0;
  world.answers.open = () => (++opened === 1 ? trap() : undefined);
  trapIn(client, world);
  await settled();
  assert.equal(world.resets, 2);
  assert.deepEqual(told, ["first", "second"]);
  assert.equal(world.connection.of("open").length, 1);
  assert.equal(world.connections.length, 5);
});

test("where no fresh instance can be made every client is closed", async (t) => {
  const errors = reported(t);
  const { client, world } = await connected();
  world.answers.reset = new RangeError("out of memory");
  trapIn(client, world);
  await settled();
  assert.equal(client.state.reason.code, "INTERNAL");
  assert.equal(errors[0].cause.message, "out of memory");
});

test("connect() waits for the fresh instance", async (t) => {
  reported(t);
  const { client, world } = await connected();
  trapIn(client, world);
  const other = await world.connect({ url: "https://other.example" });
  assert.equal(other.state.name, "connecting");
  assert.equal(world.resets, 1);
});

test("a client that is closed before the fresh instance is there stays closed", async (t) => {
  reported(t);
  const { client, world } = await connected();
  client.subscribe(7);
  trapIn(client, world);
  client.close();
  await settled();
  assert.equal(client.state.reason.code, "CLOSED");
  assert.equal(world.connections.length, 1);
});

test("a trap while a state is read gives the last state", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  world.answers.snapshot = { progress: 30 };
  const research = client.subscribe(7);
  assert.equal(research.state.progress, 30);
  world.answers.snapshot = trap();
  connection.tell("update", "7", {});
  assert.equal(research.state.progress, 30);
  world.answers.snapshot = undefined;
  await settled();
  assert.equal(world.resets, 1);
});

test("a trap while closing leaves the others to the fresh instance", async (t) => {
  const pass = moments(t);
  const errors = reported(t);
  const { client, world } = await connected();
  const other = await world.connect({ url: "https://other.example" });
  client.subscribe(7);
  world.answers.close = trap();
  client.close();
  pass();
  await settled();
  assert.equal(client.state.reason.code, "CLOSED");
  assert.equal(other.state.reason.code, "INTERNAL");
  assert.equal(other.state.name, "connecting");
  assert.deepEqual(errors, []);
});

test("the module can say itself that it is about to fail, even over a connection that is closed", async (t) => {
  const pass = moments(t);
  reported(t);
  const { client, connection, world } = await connected();
  const other = await world.connect({ url: "https://other.example" });
  const causes = [];
  other.on("warning", ({ cause }) => causes.push(cause.message));
  client.close();
  pass();
  connection.tell("internal", undefined, { message: "panicked at src/x.rs" });
  await settled();
  assert.deepEqual(causes, ["panicked at src/x.rs"]);
});

test("a connection that closes by itself closes its clients with its reason and is freed", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  const other = await world.connect({ url: "https://other.example" });
  const { done } = client.subscribe(7);
  connection.tell("state", undefined, { name: "closed", reason: { code: "INTERNAL", message: "a fault of research-socket itself" } });
  assert.equal(client.state.name, "closed");
  assert.equal(await codeOf(done), "INTERNAL");
  assert.equal(other.state.name, "connecting");
  await settled();
  assert.equal(connection.of("free").length, 1);
  const next = await world.connect();
  assert.equal(next.state.name, "connecting");
});

test("an error in the facade never runs through the module", async (t) => {
  const errors = reported(t);
  const { connection } = await connected();
  connection.tell("event", "news", undefined);
  assert.equal(errors.length, 1);
});

test("every error has a name, a code, a message and its cause", () => {
  const cause = new Error("inner");
  for (const error of [
    new ResearchSocketError("TIMEOUT", "", { cause }),
    toError({ code: "TIMEOUT", message: "", cause }),
    toError(Object.assign(new Error(""), { code: "TIMEOUT" })),
  ]) {
    assert.ok(error instanceof Error && error instanceof ResearchSocketError);
    assert.equal(error.name, "ResearchSocketError");
    assert.equal(error.code, "TIMEOUT");
    assert.notEqual(error.message, "");
    assert.ok(error.cause instanceof Error);
    assert.match(String(error), /^ResearchSocketError: /);
  }
  for (const odd of [undefined, null, "text", 7, {}]) assert.notEqual(toError(odd).message, "");
  assert.equal(toError({ code: "SERVER", message: "m", status: 502, name: "x" }).status, 502);
});

// The client: events, emits and acknowledgements, state, closing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ResearchSocketError } from "../../pkg-template/client/error.js";
import { codeOf, connected, fake, moments, reported, settled } from "./fake.mjs";

test("each event of the connection reaches the page with what belongs to it", async () => {
  const { client, connection } = await connected();
  const heard = [];
  for (const event of ["connect", "disconnect", "connect_error", "reconnect_attempt", "reconnect", "reconnect_failed", "search_engine_selected", "warning"]) {
    client.on(event, (...args) => heard.push([event, ...args]));
  }
  const failure = { code: "TIMEOUT", message: "the heartbeat did not come" };
  const warning = { code: "wrong-type", message: "progress: expected a number", research: "7", excerpt: "[]" };
  connection.tell("connect", undefined, { id: "sid-1" });
  connection.tell("disconnect", undefined, { reason: "ping timeout", error: failure });
  connection.tell("connect_error", undefined, failure);
  connection.tell("reconnect_attempt", undefined, 1);
  connection.tell("reconnect", undefined, 1);
  connection.tell("reconnect_failed", undefined, failure);
  connection.tell("search_engine_selected", undefined, { engine: "searxng", result_count: 10 });
  connection.tell("warning", undefined, warning);

  const error = new ResearchSocketError("TIMEOUT", "the heartbeat did not come");
  assert.deepEqual(heard, [
    ["connect", { id: "sid-1" }],
    ["disconnect", "ping timeout", error],
    ["connect_error", error],
    ["reconnect_attempt", 1],
    ["reconnect", 1],
    ["reconnect_failed", error],
    ["search_engine_selected", { engine: "searxng", result_count: 10 }],
    ["warning", warning],
  ]);
});

test("every client of a shared connection hears of its events", async () => {
  const { client, connection, world } = await connected();
  const other = await world.connect();
  const heard = [];
  client.on("reconnect", (attempt) => heard.push(["one", attempt]));
  other.onReconnect((attempt) => heard.push(["two", attempt]));
  connection.tell("reconnect", undefined, 2);
  assert.deepEqual(heard, [["one", 2], ["two", 2]]);
});

test("the state is frozen, the same object until it changes, and known before its event", async () => {
  const world = fake();
  const client = await world.connect();
  assert.equal(client.state.name, "connecting");
  const seen = [];
  client.on("state", (state) => seen.push([state, client.state]));
  world.connection.tell("state", undefined, { name: "reconnecting", attempt: 2, delay: 1500, reason: { code: "TRANSPORT", message: "down" } });
  const { state } = client;
  assert.equal(state, client.state);
  assert.deepEqual(seen, [[state, state]]);
  assert.ok(Object.isFrozen(state));
  assert.deepEqual({ name: state.name, attempt: state.attempt, delay: state.delay }, { name: "reconnecting", attempt: 2, delay: 1500 });
  assert.ok(state.reason instanceof ResearchSocketError);
});

test("connected and usingFallback follow the state", async () => {
  const { client, connection } = await connected();
  assert.deepEqual([client.connected, client.usingFallback], [true, false]);
  connection.tell("state", undefined, { name: "fallback" });
  assert.deepEqual([client.connected, client.usingFallback], [false, true]);
});

test("a handler that throws stops neither the others nor the module", async (t) => {
  const errors = reported(t);
  const { client, connection } = await connected();
  const heard = [];
  client.on("connect", () => {
    throw new Error("page");
  });
  client.on("connect", () => heard.push("second"));
  connection.tell("connect", undefined, { id: "x" });
  assert.deepEqual(heard, ["second"]);
  assert.deepEqual(errors.map(({ message }) => message), ["page"]);
});

test("on gives its undo, once is for one time, off without a handler takes all", async () => {
  const { client, connection } = await connected();
  const heard = [];
  const note = (name) => () => heard.push(name);
  const undo = client.on("reconnect", note("undone"));
  client.once("reconnect", note("once"));
  client.on("reconnect", note("all"));
  undo();
  undo();
  connection.tell("reconnect", undefined, 1);
  connection.tell("reconnect", undefined, 2);
  client.off("reconnect");
  connection.tell("reconnect", undefined, 3);
  assert.deepEqual(heard, ["once", "all", "all"]);
});

test("the same function is registered once", async () => {
  const { client, connection } = await connected();
  let calls = 0;
  const handler = () => (calls += 1);
  client.on("reconnect", handler);
  client.on("reconnect", handler);
  client.once("reconnect", handler);
  connection.tell("reconnect", undefined, 1);
  connection.tell("reconnect", undefined, 2);
  assert.equal(calls, 2);
  client.off("reconnect", handler);
  connection.tell("reconnect", undefined, 3);
  assert.equal(calls, 2);
});

for (const [ended, end] of [
  ["was used", ({ undo }) => undo()],
  ["is for one that off() took away", ({ client, handler }) => client.off("reconnect", handler)],
  ["is for one that was called its one time", ({ connection }) => connection.tell("reconnect", undefined, 1)],
]) {
  test(`an undo that ${ended} leaves the same function alone that was added since`, async () => {
    const { client, connection } = await connected();
    let calls = 0;
    const handler = () => (calls += 1);
    const undo = client.once("reconnect", handler);
    end({ client, connection, handler, undo });
    calls = 0;
    const undoAgain = client.on("reconnect", handler);
    undo();
    connection.tell("reconnect", undefined, 2);
    assert.equal(calls, 1);
    undoAgain();
    connection.tell("reconnect", undefined, 3);
    assert.equal(calls, 1);
  });
}

test("of a function that is there already each undo takes it away", async () => {
  for (const which of [0, 1]) {
    const { client, connection } = await connected();
    let calls = 0;
    const handler = () => (calls += 1);
    const undos = [client.on("reconnect", handler), client.on("reconnect", handler)];
    undos[which]();
    connection.tell("reconnect", undefined, 1);
    assert.equal(calls, 0);
  }
});

test("a handler that an earlier one takes away is not called", async () => {
  const { client, connection } = await connected();
  const heard = [];
  client.on("reconnect", () => undo());
  const undo = client.on("reconnect", () => heard.push("gone"));
  connection.tell("reconnect", undefined, 1);
  assert.deepEqual(heard, []);
});

test("what is no handler or no event is refused", async () => {
  const { client } = await connected();
  assert.throws(() => client.on("connect", "f"), TypeError);
  assert.throws(() => client.on("", () => {}), TypeError);
  assert.throws(() => client.on(7, () => {}), TypeError);
});

test("the module is told which events of the server are wanted, once for all clients", async () => {
  const { client, connection, world } = await connected();
  const other = await world.connect();
  const f = () => {};
  client.on("news", f);
  client.on("news", () => {});
  other.once("news", f);
  assert.deepEqual(connection.of("listen"), [["news", true]]);
  client.off("news");
  assert.equal(connection.of("listen").length, 1);
  connection.tell("event", "news", [1]);
  assert.deepEqual(connection.of("listen"), [["news", true], ["news", false]]);
});

test("closing a client ends its wish for events of the server", async () => {
  const { client, connection, world } = await connected();
  await world.connect();
  client.on("news", () => {});
  client.close();
  assert.deepEqual(connection.of("listen"), [["news", true], ["news", false]]);
});

test("an event of the server is called with its arguments, binary included", async () => {
  const { client, connection } = await connected();
  const heard = [];
  client.on("news", (...args) => heard.push(args));
  connection.tell("event", "news", ["a", { b: new Uint8Array([1, 2]) }]);
  assert.deepEqual(heard, [["a", { b: new Uint8Array([1, 2]) }]]);
});

test("an event that wants an acknowledgement is called with the function that gives it, once", async () => {
  const { client, connection } = await connected();
  client.on("ask", (question, ack) => {
    ack("yes", new Uint8Array([7]));
    ack("again");
  });
  connection.tell("event", "ask", ["ready?"], 0);
  assert.deepEqual(connection.of("acknowledge"), [[0, '["yes",{"_placeholder":true,"num":0}]', [new Uint8Array([7])]]]);
});

test("an emit crosses as JSON with its binary parts beside it", async () => {
  const { client, connection } = await connected();
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  client.emit("save", { file: buffer, part: new DataView(buffer, 1, 1) }, 7, null);
  assert.deepEqual(connection.of("emit"), [
    [
      '["save",{"file":{"_placeholder":true,"num":0},"part":{"_placeholder":true,"num":1}},7,null]',
      [new Uint8Array([1, 2, 3]), new Uint8Array([2])],
      -1,
      false,
    ],
  ]);
});

test("a volatile emit says so", async () => {
  const { client, connection } = await connected();
  client.volatile.emit("cursor", 1);
  assert.deepEqual(connection.of("emit"), [['["cursor",1]', [], -1, true]]);
});

test("a volatile emit throws for what is wrong with the call, and is dropped for all else", async () => {
  const { client, world } = await connected();
  const warned = [];
  client.on("warning", ({ code, message }) => warned.push([code, message]));
  const refusal = (code) => Object.assign(new Error(`words for ${code}`), { code });
  for (const code of ["DISCONNECTED", "BUFFER_FULL", "PAYLOAD_TOO_LARGE"]) {
    world.answers.emit = refusal(code);
    client.volatile.emit("cursor", 1);
  }
  await settled();
  assert.deepEqual(warned, [["emit-not-sent", "words for PAYLOAD_TOO_LARGE"]], "a size does not mend itself");
  world.answers.emit = refusal("INVALID_ARGUMENT");
  assert.throws(() => client.volatile.emit("cursor", 1), { code: "INVALID_ARGUMENT" });
  client.close();
  client.volatile.emit("cursor", 1);
  assert.throws(() => client.volatile.emit(7), TypeError);
});

test("what cannot be sent is refused before it reaches the module", async () => {
  const { client, connection } = await connected();
  assert.throws(() => client.emit("x", () => {}, "behind it"), /last argument/);
  assert.throws(() => client.emit("x", { deep: () => {} }), /last argument/);
  assert.throws(() => client.emit(7), TypeError);
  assert.throws(() => client.emit("x", 1n), TypeError);
  assert.deepEqual(connection.of("emit"), []);
});

test("an emit that the module refuses throws its code", async () => {
  const { client, world } = await connected();
  world.answers.emit = Object.assign(new Error("too much waits"), { code: "BUFFER_FULL" });
  assert.throws(() => client.emit("x"), (error) => error instanceof ResearchSocketError && error.code === "BUFFER_FULL" && error.message === "too much waits");
});

test("emitWithAck resolves with the first argument of its own answer", async () => {
  const { client, connection } = await connected();
  const [one, two] = [client.emitWithAck("a", 1), client.timeout(250).emitWithAck("b")];
  await settled();
  assert.deepEqual(connection.of("emit").map((args) => args.slice(2)), [[0, false], [250, false]]);
  connection.tell("ack", 2, ["second", "rest"]);
  connection.tell("ack", 1, ["first"]);
  assert.deepEqual([await one, await two], ["first", "second"]);
});

test("an acknowledgement that fails rejects, and an unknown one is ignored", async (t) => {
  const errors = reported(t);
  const { client, connection } = await connected();
  const answer = client.timeout(5).emitWithAck("a");
  await settled();
  connection.tell("ack", 99, []);
  connection.tell("ack_error", 1, { code: "TIMEOUT", message: "no answer in 5 ms" });
  assert.equal(await codeOf(answer), "TIMEOUT");
  assert.deepEqual(errors, []);
});

test("an emit that turns out too large when nobody can be told by a promise is a warning, and one with an answer is none", async () => {
  const { client, connection } = await connected();
  const warnings = [];
  client.on("warning", (warning) => warnings.push(warning));
  client.emit("large");
  const answer = client.emitWithAck("large");
  await settled();
  connection.tell("ack_error", 1, { code: "PAYLOAD_TOO_LARGE", message: "the event has 9 bytes, the server takes 5" });
  connection.tell("ack_error", 2, { code: "PAYLOAD_TOO_LARGE", message: "the event has 9 bytes, the server takes 5" });
  assert.equal(await codeOf(answer), "PAYLOAD_TOO_LARGE");
  assert.deepEqual(warnings, [{ code: "emit-not-sent", message: "the event has 9 bytes, the server takes 5" }]);
});

for (const [ms, kind] of [["5", TypeError], [0, RangeError], [-1, RangeError], [NaN, RangeError], [Infinity, RangeError]]) {
  test(`a time-out of ${JSON.stringify(ms)} (${ms}) is refused`, async () => {
    const { client } = await connected();
    assert.throws(() => client.timeout(ms), kind);
  });
}

test("connect() and stats() ask the module, also from inside of a handler", async () => {
  const { client, connection } = await connected();
  client.on("reconnect_failed", () => client.connect());
  connection.tell("reconnect_failed", undefined, { code: "TRANSPORT", message: "down" });
  assert.equal(connection.of("connect").length, 1);
  assert.deepEqual(client.stats(), { runtime: "wasm", role: "alone", roundTrips: 3 });
});

test("closing tells the state once, rejects what waits, and then nothing is heard", async () => {
  const { client, connection } = await connected();
  const heard = [];
  client.on("state", ({ name, reason }) => heard.push([name, reason.code]));
  client.on("reconnect", () => heard.push("reconnect"));
  const answer = client.emitWithAck("a");
  await settled();
  client.close();
  client.close();
  connection.tell("reconnect", undefined, 1);
  assert.equal(await codeOf(answer), "CLOSED");
  assert.deepEqual(heard, [["closed", "CLOSED"]]);
  assert.deepEqual([client.connected, client.usingFallback], [false, false]);
  assert.deepEqual(client.stats(), { runtime: "wasm", role: "alone", roundTrips: 3 });
});

test("a closed client refuses work and takes everything else", async () => {
  const { client } = await connected();
  client.close();
  assert.throws(() => client.subscribe(1), { code: "CLOSED" });
  assert.throws(() => client.emit("x"), { code: "CLOSED" });
  assert.throws(() => client.connect(), { code: "CLOSED" });
  assert.equal(await codeOf(client.emitWithAck("x")), "CLOSED");
  client.on("connect", () => {})();
  client.off("connect");
  client.unsubscribe(1);
});

test("one client's closing leaves the other's answers alone", async () => {
  const { client, connection, world } = await connected();
  const other = await world.connect();
  const answer = other.emitWithAck("a");
  await settled();
  client.close();
  connection.tell("ack", 1, ["yes"]);
  assert.equal(await answer, "yes");
});

test("a handler may close the client that calls it", async () => {
  const { client, connection } = await connected({ forceNew: true });
  const heard = [];
  client.on("connect", () => client.close());
  client.on("connect", () => heard.push("after"));
  connection.tell("connect", undefined, { id: "x" });
  assert.deepEqual(heard, []);
  // Not in the same turn: the module may be in the middle of a call.
  assert.deepEqual(connection.of("free"), []);
  await settled();
  assert.equal(connection.of("free").length, 1);
});

test("what the module tells while it closes reaches nobody", async (t) => {
  const pass = moments(t);
  const { client, connection, world } = await connected();
  const heard = [];
  client.on("state", ({ name }) => heard.push(name));
  world.answers.close = () => connection.tell("state", undefined, { name: "closed" });
  client.close();
  pass();
  await settled();
  assert.deepEqual(heard, ["closed"]);
  assert.equal(connection.of("free").length, 1);
});

test("dispose is close, where the browser has it", { skip: !Symbol.dispose }, async () => {
  const { client } = await connected();
  client[Symbol.dispose]();
  assert.equal(client.state.name, "closed");
});

test("the logger hears of states and warnings, and cannot break anything", async (t) => {
  const errors = reported(t);
  const lines = [];
  const logger = {
    debug: (text) => lines.push(text),
    warn: () => {
      throw new Error("logger");
    },
  };
  const { client, connection } = await connected({ logger });
  let heard = 0;
  client.on("warning", () => (heard += 1));
  connection.tell("warning", undefined, { code: "not-json", message: "m" });
  assert.deepEqual(lines, ["research-socket: runs as WebAssembly", "research-socket: connected"]);
  assert.equal(heard, 1);
  assert.deepEqual(errors.map(({ message }) => message), ["logger"]);
});

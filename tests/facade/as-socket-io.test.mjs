// What users of socket.io-client reach for: callbacks, catch-all handlers, disconnect and connect again, Blobs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, connected, fake, goLive as live, moments, reported, settled } from "./fake.mjs";

test("the client has the connection's id as long as it is connected, whoever looks and when", async () => {
  const world = fake();
  const client = await world.connect();
  const { connection } = world;
  const seen = [];
  for (const event of ["state", "reconnect", "connect", "disconnect"]) client.on(event, () => seen.push([event, client.connected, client.id]));
  // Between two events the page may have its turn.
  connection.tell("state", undefined, { name: "connected" });
  assert.deepEqual([client.connected, client.id], [false, undefined]);
  connection.tell("reconnect", undefined, 1);
  assert.deepEqual([client.connected, client.id], [false, undefined]);
  connection.tell("connect", undefined, { id: "one" });
  assert.deepEqual([client.connected, client.id], [true, "one"]);
  connection.tell("renewed", undefined, "another");
  assert.equal(client.id, "another", "also of a session that took the place of one without a word");
  connection.tell("state", undefined, { name: "reconnecting" });
  connection.tell("disconnect", undefined, { reason: "transport close", error: { code: "TRANSPORT", message: "m" } });
  live(connection, "two");
  assert.deepEqual(seen, [
    ["state", true, "one"],
    ["reconnect", true, "one"],
    ["connect", true, "one"],
    ["state", false, undefined],
    ["disconnect", false, undefined],
    ["state", true, "two"],
    ["connect", true, "two"],
  ]);
  client.close();
  assert.equal(client.id, undefined);
});

test("a function as last argument is called with all values of the acknowledgement", async (t) => {
  const errors = reported(t);
  const { client, connection } = await connected();
  const heard = [];
  assert.equal(client.emit("vote", 7, (...values) => heard.push(values)), client);
  client.emit("vote", 8, () => {
    throw new Error("page");
  });
  assert.deepEqual(connection.of("emit"), [['["vote",7]', [], 0, false], ['["vote",8]', [], 0, false]]);
  connection.tell("ack", 1, ["a", 2, null]);
  connection.tell("ack", 2, []);
  connection.tell("ack", 1, ["again"]);
  assert.deepEqual(heard, [["a", 2, null]]);
  assert.deepEqual(errors.map(({ message }) => message), ["page"]);
});

test("without a time limit there is no place for an error, and the function is never called", async () => {
  const { client, connection } = await connected();
  let calls = 0;
  client.emit("vote", () => (calls += 1));
  connection.tell("ack_error", 1, { code: "DISCONNECTED", message: "m" });
  client.close();
  assert.equal(calls, 0);
});

test("with a time limit the function gets an error or null first, whatever ends the waiting", async () => {
  const { client, connection, world } = await connected();
  const heard = [];
  const note = (error, ...values) => heard.push([error?.code ?? error, ...values]);
  for (const n of [1, 2, 3]) client.timeout(250).emit("vote", n, note);
  assert.deepEqual(connection.of("emit").map((args) => args.slice(2)), Array(3).fill([250, false]));
  connection.tell("ack", 1, ["yes", "no"]);
  connection.tell("ack_error", 2, { code: "TIMEOUT", message: "m" });
  world.answers.emit = Object.assign(new Error("m"), { code: "BUFFER_FULL" });
  client.volatile.timeout(250).emit("vote", 4, note);
  client.close();
  assert.deepEqual(heard, [[null, "yes", "no"], ["TIMEOUT"], ["BUFFER_FULL"], ["CLOSED"]]);
});

test("volatile and timeout go together in any order", async () => {
  const { client, connection } = await connected();
  client.volatile.timeout(5).emit("a", () => {});
  client.timeout(6).volatile.emit("b", () => {});
  const waiting = client.timeout(7).volatile.emitWithAck("c");
  assert.deepEqual(connection.of("emit").map((args) => args.slice(2)), [[5, true], [6, true], [7, true]]);
  client.close();
  assert.equal(await codeOf(waiting), "CLOSED");
});

test("handlers of every event hear each one first, in their order, and ask the module once", async () => {
  const { client, connection, world } = await connected();
  const other = await world.connect();
  const heard = [];
  client.on("news", (...args) => heard.push(["news", ...args]));
  const second = (...args) => heard.push(["second", ...args]);
  const undo = client.onAny(second);
  client.prependAny((...args) => heard.push(["first", ...args]));
  other.onAny((...args) => heard.push(["other", ...args]));
  connection.tell("event", "news", [1]);
  undo();
  undo();
  connection.tell("event", "odd", []);
  assert.deepEqual(heard, [["first", "news", 1], ["second", "news", 1], ["news", 1], ["other", "news", 1], ["first", "odd"], ["other", "odd"]]);
  client.offAny();
  other.close();
  assert.deepEqual(connection.of("listen"), [["news", true], ["", true], ["", false]]);
});

test("handlers of every event get the function that acknowledges, and one that throws stops no other", async (t) => {
  const errors = reported(t);
  const { client, connection } = await connected();
  client.onAny(() => {
    throw new Error("page");
  });
  client.onAny((_event, _question, answer) => answer("yes"));
  connection.tell("event", "ask", ["ready?"], 3);
  assert.deepEqual(connection.of("acknowledge"), [[3, '["yes"]', []]]);
  assert.deepEqual(errors.map(({ message }) => message), ["page"]);
  assert.throws(() => client.onAny("f"), TypeError);
});

test("a function that is added twice is taken away once", async () => {
  const { client, connection } = await connected();
  let calls = 0;
  const handler = () => (calls += 1);
  client.onAny(handler);
  client.onAny(handler);
  client.offAny(handler);
  connection.tell("event", "a", []);
  assert.equal(calls, 1);
  client.offAny(handler);
  client.offAny(handler);
  connection.tell("event", "a", []);
  assert.equal(calls, 1);
});

test("what the page emits is told to handlers of every outgoing event when it can leave", async () => {
  const world = fake();
  const client = await world.connect();
  const heard = [];
  const note = (...args) => heard.push(args);
  client.emit("before anybody asked");
  client.onAnyOutgoing(note);
  client.prependAnyOutgoing((event) => heard.push(`first ${event}`));
  client.on("connect", () => heard.push("connect"));
  client.emit("waits", 1, () => {});
  const late = client.timeout(5).emitWithAck("expires");
  await settled();
  world.connection.tell("ack_error", 3, { code: "TIMEOUT", message: "m" });
  assert.equal(await codeOf(late), "TIMEOUT");
  assert.deepEqual(heard, []);
  live(world.connection);
  client.emit("now", 2);
  assert.deepEqual(heard, ["first waits", ["waits", 1], "connect", "first now", ["now", 2]]);
  client.offAnyOutgoing(note);
  client.offAnyOutgoing();
  client.emit("unheard");
  assert.equal(heard.length, 5);
});

test("events of the server that are called as the client's own are heard of the server only", async () => {
  const { client, connection } = await connected();
  const heard = [];
  const undo = client.server.on("warning", (words) => heard.push(["server", words]));
  client.server.once("state", (words) => heard.push(["server", words]));
  client.on("warning", ({ code }) => heard.push(["own", code]));
  assert.deepEqual(connection.of("listen"), [["warning", true], ["state", true]]);
  connection.tell("event", "warning", ["hot"]);
  connection.tell("warning", undefined, { code: "not-json", message: "m" });
  connection.tell("event", "state", ["solid"]);
  connection.tell("event", "state", ["liquid"]);
  undo();
  connection.tell("event", "warning", ["cold"]);
  assert.deepEqual(heard, [["server", "hot"], ["own", "not-json"], ["server", "solid"]]);
});

test("the page that closes is told so", async () => {
  const { client, connection } = await connected();
  const heard = [];
  client.on("state", ({ name }) => heard.push(name));
  client.on("disconnect", (reason, { code }) => heard.push([reason, code, client.connected]));
  client.close();
  client.close();
  connection.tell("disconnect", undefined, { reason: "io client disconnect", error: { code: "CLOSED", message: "m" } });
  assert.deepEqual(heard, ["closed", ["io client disconnect", "CLOSED", false]]);
  const { client: never } = await connected();
  const unheard = await fake().connect();
  unheard.on("disconnect", () => assert.fail("it was never connected"));
  unheard.close();
  never.close();
});

test("with autoConnect: false nothing connects before connect(), and what came before is kept", async (t) => {
  const world = fake();
  const asked = t.mock.fn(() => ({ token: "t" }));
  const client = await world.connect({ autoConnect: false, auth: asked });
  const { connection } = world;
  assert.deepEqual([client.state.name, client.state.reason.code], ["stopped", "ABORTED"]);
  assert.deepEqual(connection.of("open"), [[false]]);
  assert.equal(asked.mock.callCount(), 0);
  client.subscribe(7);
  client.on("news", () => {});
  client.emit("early");
  const states = [];
  client.on("state", ({ name }) => states.push(name));
  assert.deepEqual(connection.names(), ["open", "subscribe", "listen", "emit"]);

  const other = await world.connect({ auth: asked });
  assert.equal(world.connections.length, 2, "one that is not connected is not shared");
  other.close();
  assert.equal(client.connect(), client);
  assert.deepEqual(connection.of("connect"), [[]]);
  assert.deepEqual(states, ["connecting"]);
  connection.tell("credentials", 1);
  await settled();
  assert.deepEqual(connection.of("provide").map(([, { auth }]) => auth), ['{"token":"t"}']);
  live(connection);
  const third = await world.connect({ auth: asked });
  assert.equal(world.connections.length, 2, "from then on it is as any other");
  third.close();
  await assert.rejects(world.connect({ autoConnect: "no" }), TypeError);
});

test("disconnect() ends the session, and connect() goes on with all that there was", async () => {
  const { client, connection, world } = await connected();
  live(connection);
  const research = client.subscribe("r");
  const heard = [];
  client.on("state", ({ name, reason }) => heard.push(reason ? `${name} ${reason.code}` : name));
  client.on("disconnect", (reason, { code }) => heard.push(`disconnect ${reason} ${code}`));
  client.on("connect", ({ id }) => heard.push(`connect ${id}`));
  client.on("news", (words) => heard.push(words));
  research.on("log", ({ message }) => heard.push(message));
  connection.tell("log", "r", { message: "one", time: "t", level: "info" });
  const unanswered = client.emitWithAck("ask");
  await settled();

  assert.equal(client.disconnect(), client);
  client.disconnect();
  assert.equal(await codeOf(unanswered), "ABORTED");
  assert.deepEqual(heard, ["one", "stopped ABORTED", "disconnect io client disconnect ABORTED"]);
  assert.equal(connection.of("close").length, 1);
  await settled();
  assert.equal(connection.of("free").length, 1);
  assert.deepEqual([client.connected, client.id], [false, undefined]);
  assert.deepEqual(research.state.logs.map(({ message }) => message), ["one"]);
  // What the old session still says is nothing to the page.
  connection.tell("log", "r", { message: "late", time: "t", level: "info" });
  connection.tell("state", undefined, { name: "closed" });

  const next = world.connection;
  assert.notEqual(next, connection);
  assert.deepEqual(next.names().filter((name) => name !== "snapshot"), ["open", "listen", "subscribe", "recall"]);
  assert.deepEqual(next.of("open"), [[false]]);
  client.emit("waits");
  assert.deepEqual(next.of("emit"), [['["waits"]', [], -1, false]]);
  client.connect();
  live(next, "second");
  next.tell("log", "r", { message: "two", time: "t", level: "info" });
  next.tell("event", "news", ["news"]);
  assert.deepEqual(heard.slice(3), ["connecting", "connected", "connect second", "two", "news"]);
  assert.deepEqual(research.state.logs.map(({ message }) => message), ["one", "two"]);
  assert.equal(world.connections.length, 2);
});

test("what waits for a connection waits on when the page disconnects", async () => {
  const world = fake();
  const client = await world.connect();
  const first = world.connection;
  const bytes = Uint8Array.of(1);
  client.emit("waits", bytes);
  bytes[0] = 9;
  const answer = client.timeout(60_000).emitWithAck("asks");
  const late = codeOf(client.timeout(5).emitWithAck("expires"));
  await settled();
  first.tell("ack_error", 3, { code: "TIMEOUT", message: "m" });
  assert.equal(await late, "TIMEOUT");
  client.disconnect();
  const second = world.connection;
  const [[waits, parts, none], [asks, , left], ...others] = second.of("emit");
  assert.deepEqual([waits, parts, none, asks, others], ['["waits",{"_placeholder":true,"num":0}]', [Uint8Array.of(1)], -1, '["asks"]', []]);
  assert.ok(left > 0 && left <= 60_000);
  client.disconnect();
  assert.equal(second, world.connection, "it has disconnected already");
  client.connect();
  live(second);
  second.tell("ack", 5, ["answered"]);
  assert.equal(await answer, "answered");
  client.disconnect();
  assert.deepEqual(world.connection.of("emit"), [], "what was sent is not sent again");
});

test("what has left over a connection that the page has not heard of yet is not sent again", async () => {
  const world = fake();
  const client = await world.connect();
  client.emit("waits");
  const asked = codeOf(client.emitWithAck("asks"));
  await settled();
  world.answers.stats = { connects: 1 };
  client.disconnect();
  assert.deepEqual(world.connection.of("emit"), []);
  assert.equal(await asked, "ABORTED");
});

test("a client that disconnects from a shared connection leaves the others theirs", async (t) => {
  const pass = moments(t);
  const { client, connection, world } = await connected();
  live(connection);
  const other = await world.connect();
  const heard = [];
  for (const [name, one] of [["client", client], ["other", other]]) {
    one.on("disconnect", (reason) => heard.push(`${name} ${reason}`));
    one.on("news", (words) => heard.push(`${name} ${words}`));
    one.onAny(() => {});
    one.subscribe("r").on("log", ({ message }) => heard.push(`${name} ${message}`));
  }
  connection.tell("verified", "r", true);
  client.disconnect();
  pass();
  connection.tell("event", "news", ["shared"]);
  connection.tell("log", "r", { message: "line", time: "t", level: "info" });
  assert.deepEqual(heard, ["client io client disconnect", "other shared", "other line"]);
  assert.equal(connection.of("close").length, 0);
  const own = world.connection;
  assert.deepEqual(own.of("open"), [[false]]);
  assert.deepEqual(own.of("listen"), [["news", true], ["", true]]);
  assert.deepEqual(own.of("subscribe"), [["r"]]);
  client.connect();
  live(own, "own");
  own.tell("event", "news", ["mine"]);
  assert.deepEqual(heard.slice(3), ["client mine"]);
  client.close();
  other.close();
});

test("a client that has disconnected does not connect after a trap either", async (t) => {
  reported(t);
  const { client, world } = await connected();
  client.disconnect();
  const warned = [];
  client.on("warning", ({ code }) => warned.push(code));
  world.answers.emit = new WebAssembly.RuntimeError("unreachable");
  assert.throws(() => client.emit("x"), { code: "INTERNAL" });
  world.answers.emit = () => 1;
  await settled();
  assert.deepEqual(world.connection.of("open"), [[false]]);
  assert.deepEqual([client.state.name, warned], ["stopped", ["INTERNAL"]]);
  client.connect();
  assert.equal(world.connection.of("connect").length, 1);
});

test("a client that has disconnected can be closed", async () => {
  const { client, world } = await connected();
  client.disconnect();
  client.on("disconnect", () => assert.fail("it was told"));
  client.close();
  assert.equal(world.connection.of("close").length, 1);
  assert.throws(() => client.connect(), { code: "CLOSED" });
  assert.equal(client.disconnect(), client);
});

test("a Blob is read, and what is emitted meanwhile waits behind it", async () => {
  const { client, connection } = await connected();
  const buffer = Uint8Array.of(7);
  client.emit("blob", { deep: [new Blob(["ab"]), new File(["c"], "c.txt")] });
  client.emit("behind", buffer);
  buffer[0] = 9;
  const asked = client.emitWithAck("last");
  assert.deepEqual(connection.of("emit"), []);
  await settled();
  await settled();
  assert.deepEqual(
    connection.of("emit").map(([json, parts]) => [json, parts.map((part) => [...part])]),
    [
      ['["blob",{"deep":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]}]', [[97, 98], [99]]],
      ['["behind",{"_placeholder":true,"num":0}]', [[7]]],
      ['["last"]', []],
    ],
  );
  connection.tell("ack", 3, ["done"]);
  assert.equal(await asked, "done");
  client.emit("at once again");
  assert.equal(connection.of("emit").length, 4);
});

test("a Blob that cannot be read, or whose client is closed meanwhile, costs its own emit", async () => {
  const { client, connection } = await connected();
  const warned = [];
  client.on("warning", ({ code, message }) => warned.push([code, message]));
  const gone = Object.assign(new Blob(["x"]), { arrayBuffer: () => Promise.reject(new Error("the file is gone")) });
  client.emit("gone", gone);
  const asked = client.emitWithAck("gone", gone);
  client.emit("after");
  assert.equal(await codeOf(asked), "INVALID_ARGUMENT");
  await settled();
  assert.deepEqual(warned, [["emit-not-sent", "A Blob that was to be sent cannot be read: the file is gone"]]);
  assert.deepEqual(connection.of("emit").map(([json]) => json), ['["after"]']);
  const late = client.timeout(5).emitWithAck("late", new Blob(["x"]));
  client.close();
  assert.equal(await codeOf(late), "CLOSED");
});

test("what waits for a Blob is bounded", async () => {
  const { client } = await connected({ maxEmitBuffer: 100 });
  client.emit("large", new Blob(["x".repeat(500)]));
  assert.throws(() => client.emit("x"), { code: "BUFFER_FULL" });
  await settled();
  await settled();
  client.emit("x");
});

test("an acknowledgement of the page may have a Blob", async () => {
  const { client, connection } = await connected();
  client.on("ask", (answer) => answer(new Blob(["ab"])));
  connection.tell("event", "ask", [], 3);
  await settled();
  assert.deepEqual(connection.of("acknowledge"), [[3, '[{"_placeholder":true,"num":0}]', [Uint8Array.of(97, 98)]]]);
});

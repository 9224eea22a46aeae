// Which calls of connect() share a connection, what each of its clients has for itself, and when it closes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Linger } from "../../pkg-template/client/linger.js";
import { connected, fake, moments, reported, settled } from "./fake.mjs";

test("the same url and path share one connection, which closes with the last client", async (t) => {
  const pass = moments(t);
  const world = fake();
  const one = await world.connect();
  const two = await world.connect({ url: "https://app.example/", path: "/socket.io/" });
  assert.equal(world.connections.length, 1);
  assert.notEqual(one, two);

  one.close();
  // Twice is once: the other one still has it.
  one.close();
  pass();
  assert.deepEqual(world.connection.of("close"), []);
  two.close();
  pass();
  assert.equal(world.connection.of("close").length, 1);
  await settled();
  assert.equal(world.connection.of("free").length, 1);
});

test("another url, path or namespace has a connection of its own", async () => {
  const world = fake();
  for (const options of [{}, { url: "https://b.example" }, { path: "/ws/socket.io" }, { namespace: "/admin" }]) await world.connect(options);
  assert.equal(world.connections.length, 4);
});

test("two calls at once share one connection", async () => {
  const world = fake();
  await Promise.all([world.connect(), world.connect()]);
  assert.equal(world.connections.length, 1);
});

test("with forceNew a call has a connection of its own, which nobody shares and which closes at once", async () => {
  const world = fake();
  const own = await world.connect({ forceNew: true });
  await world.connect({ forceNew: true });
  await world.connect();
  assert.equal(world.connections.length, 3);
  own.close();
  assert.equal(world.connections[0].of("close").length, 1);
  await world.connect();
  assert.equal(world.connections.length, 3);
});

// --- Options that differ -----------------------------------------------------------------------------------------------

test("options that differ from those of the shared connection are named to the logger", async () => {
  const world = fake();
  const warnings = [];
  const logger = { warn: (text) => warnings.push(text) };
  await world.connect({ timeout: 1000, dedup: { entries: 5 } });
  await world.connect({ timeout: 1000, dedup: { entries: 5 }, path: "/socket.io/", reconnection: true, logger });
  assert.deepEqual(warnings, []);
  await world.connect({ timeout: 2000, reconnection: false, logger });
  assert.equal(world.connections.length, 1);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /no effect: timeout, reconnection\. With `forceNew: true`/);
});

test("who joins a connection that has stopped trying has it try again, and no other", async () => {
  const { client, connection, world } = await connected();
  for (const name of ["connected", "reconnecting", "fallback", "offline"]) {
    connection.tell("state", undefined, { name });
    await world.connect();
  }
  assert.deepEqual(connection.of("connect"), []);
  connection.tell("state", undefined, { name: "stopped", reason: { code: "UNAUTHORIZED", message: "not signed in" } });
  const other = await world.connect();
  assert.equal(connection.of("connect").length, 1);
  connection.tell("state", undefined, { name: "connecting" });
  assert.deepEqual([client.state.name, other.state.name, world.connections.length], ["connecting", "connecting", 1]);
});

test("a logger that throws does not keep a page from sharing", async (t) => {
  const errors = reported(t);
  const world = fake();
  await world.connect({ timeout: 1000 });
  const mistake = new Error("a mistake of the page");
  const client = await world.connect({ timeout: 2000, logger: { warn: () => { throw mistake; } } });
  assert.equal(client.state.name, "connecting");
  assert.deepEqual([world.connections.length, errors], [1, [mistake]]);
});

for (const [what, first, second] of [
  ["auth", { auth: { token: "a" } }, { auth: { token: "b" } }],
  ["auth where there was none", {}, { auth: { token: "b" } }],
  ["headers", { headers: new Headers({ "X-Tenant": "a" }) }, { headers: new Headers({ "X-Tenant": "b" }) }],
  ["query", { query: new URLSearchParams("a=1") }, { query: new URLSearchParams("a=2") }],
  ["withCredentials", {}, { withCredentials: true }],
]) {
  test(`a call with other credentials is not given the connection of somebody else: ${what}`, async () => {
    const world = fake();
    await world.connect(first);
    await world.connect(second);
    assert.equal(world.connections.length, 2);
    // Each has its own from here on.
    await world.connect(first);
    await world.connect(second);
    assert.equal(world.connections.length, 2);
  });
}

test("the same credentials share the connection that has them, and none one that has none", async () => {
  const world = fake();
  const given = { auth: { token: "a" }, headers: { "X-Tenant": "a" } };
  await world.connect({ ...given, withCredentials: false });
  await world.connect(structuredClone(given));
  assert.equal(world.connections.length, 1);
  await world.connect();
  await world.connect({ auth: async () => null });
  assert.equal(world.connections.length, 2);
});

// --- What each client has for itself -----------------------------------------------------------------------------------

test("closing one client takes away only what it added", async (t) => {
  const pass = moments(t);
  const { client, connection, world } = await connected();
  const other = await world.connect();
  const heard = [];
  for (const each of [client, other]) {
    const name = each === client ? "closed" : "open";
    each.on("news", () => heard.push(`${name}: news`));
    each.on("connect", () => heard.push(`${name}: connect`));
    each.subscribe(7).on("task", () => heard.push(`${name}: task`));
  }
  client.subscribe("mine");
  client.close();
  pass();
  connection.tell("event", "news", []);
  connection.tell("connect", undefined, { id: "x" });
  connection.tell("task", "7", "reading");
  assert.deepEqual(heard, ["open: news", "open: connect", "open: task"]);
  assert.deepEqual(connection.of("unsubscribe"), [["mine"]]);
  assert.deepEqual(connection.of("listen"), [["news", true]]);
});

// --- A moment after the last client ------------------------------------------------------------------------------------

test("who connects a moment after the last client finds the connection as it was", async (t) => {
  const pass = moments(t);
  const { client, connection, world } = await connected({ auth: () => ({ token: "a" }) });
  world.answers.snapshot = { progress: 40 };
  client.subscribe(7);
  connection.tell("log", "7", { message: "one", level: "info" });
  client.close();

  let token = "a";
  const next = await world.connect({ auth: () => ({ token }) });
  assert.equal(next.state.name, "connected");
  const states = [];
  next.on("state", ({ name }) => states.push(name));
  const research = next.subscribe(7);
  connection.tell("verified", "7", true);
  assert.deepEqual([research.state.progress, research.state.logs.length], [40, 1]);
  pass();
  await settled();
  assert.deepEqual(states, []);
  assert.equal(world.connections.length, 1);
  assert.deepEqual(connection.names().filter((name) => ["open", "subscribe", "unsubscribe", "close"].includes(name)), ["open", "subscribe"]);

  // Its functions are those that are asked from now on.
  connection.tell("credentials", 3);
  token = "new";
  connection.tell("credentials", 4);
  await settled();
  assert.deepEqual(connection.of("provide").map(([, { auth }]) => auth), ['{"token":"a"}', '{"token":"new"}']);
});

test("a research that the next client does not follow is let go of", async (t) => {
  const pass = moments(t);
  const { client, connection, world } = await connected();
  client.subscribe(7);
  client.close();
  await world.connect();
  pass();
  assert.deepEqual(connection.of("unsubscribe"), [["7"]]);
  assert.deepEqual(connection.of("close"), []);
});

test("a research that is subscribed to again at once is the same for the server, and keeps its lines", async (t) => {
  const pass = moments(t);
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  connection.tell("log", "7", { message: "one", level: "info" });
  research.unsubscribe();
  const again = client.subscribe(7);
  pass();
  assert.notEqual(again, research);
  assert.equal(again.state.logs.length, 1);
  assert.deepEqual([connection.of("subscribe"), connection.of("unsubscribe")], [[[7]], []]);
});

test("later the next call makes a new connection", async (t) => {
  const pass = moments(t);
  const world = fake();
  (await world.connect()).close();
  pass();
  const client = await world.connect();
  assert.equal(world.connections.length, 2);
  assert.equal(client.state.name, "connecting");
});

for (const [what, first, second] of [
  ["another option", { timeout: 1000 }, { timeout: 2000 }],
  ["an option less", { timeout: 1000 }, {}],
  ["other credentials", { auth: { token: "a" } }, { auth: { token: "b" } }],
]) {
  test(`whoever comes with ${what} when nobody has the connection any more gets what was asked for`, async (t) => {
    const pass = moments(t);
    const { client, connection, world } = await connected(first);
    client.close();
    await world.connect(second);
    assert.equal(connection.of("close").length, 1);
    assert.equal(world.connections.length, 2);
    assert.deepEqual(world.connection.of("close"), []);
    pass();
    assert.deepEqual(world.connection.of("close"), []);
    assert.equal(connection.of("close").length, 1);
  });
}

test("closing and connecting again tries again what had stopped", async () => {
  const { client, connection, world } = await connected();
  connection.tell("state", undefined, { name: "stopped", reason: { code: "UNAUTHORIZED", message: "not signed in" } });
  client.close();
  const next = await world.connect();
  assert.equal(next.state.name, "connecting");
  assert.equal(world.connections.length, 2);
});

test("closing and connecting again while it waits for an attempt makes one at once", async () => {
  const { client, connection, world } = await connected();
  connection.tell("state", undefined, { name: "reconnecting", attempt: 3, delay: 5000 });
  client.close();
  await world.connect();
  assert.equal(world.connections.length, 1);
  assert.equal(connection.of("connect").length, 1);
});

test("what lingers is let go of once, and not at all when it is kept or all is over", (t) => {
  const pass = moments(t);
  const linger = new Linger();
  const gone = [];
  linger.begin("a", () => gone.push("a first"));
  linger.begin("a", () => gone.push("a"));
  linger.begin("b", () => gone.push("b"));
  linger.begin("c", () => gone.push("c"));
  linger.keep("b");
  pass();
  assert.deepEqual(gone, ["a", "c"]);
  linger.begin("d", () => gone.push("d"));
  linger.end();
  pass();
  assert.deepEqual(gone, ["a", "c"]);
});

test("a connection that fails for good while nobody has it leaves nothing behind", async (t) => {
  const errors = reported(t);
  const pass = moments(t);
  const { client, connection, world } = await connected();
  client.subscribe(7);
  client.close();
  connection.tell("state", undefined, { name: "closed", reason: { code: "INTERNAL", message: "a fault" } });
  pass();
  await settled();
  assert.deepEqual([connection.of("unsubscribe"), connection.of("close")], [[], []]);
  assert.equal(connection.of("free").length, 1);
  assert.equal((await world.connect()).state.name, "connecting");
  assert.deepEqual(errors, []);
});

test("a signal of one of two closes only that one, and of the last one the connection", async (t) => {
  const pass = moments(t);
  const world = fake();
  const [first, last] = [new AbortController(), new AbortController()];
  await world.connect({ signal: first.signal });
  const other = await world.connect({ signal: last.signal });
  first.abort();
  pass();
  assert.equal(other.state.name, "connecting");
  assert.deepEqual(world.connection.of("close"), []);
  last.abort();
  pass();
  assert.equal(world.connection.of("close").length, 1);
});

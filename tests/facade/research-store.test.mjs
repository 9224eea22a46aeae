// The parts of a research as stores for frameworks: what each keeps the same, how often it changes, and when it connects and lets go.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LINGER_MS } from "../../pkg-template/client/linger.js";
import { connectOptions, makeStore, storeKey } from "../../pkg-template/stores/make.js";
import { fake, goLive, settled } from "./fake.mjs";

/** A page whose frames and timers are in the test's hands, with one store. */
function page(t, { part = "research", options = undefined, world = fake(), ...given } = {}) {
  const id = "id" in given ? given.id : 7;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const frames = new Map();
  let number = 0;
  globalThis.requestAnimationFrame = (run) => (frames.set(++number, run), number);
  globalThis.cancelAnimationFrame = (frame) => frames.delete(frame);
  t.after(() => {
    delete globalThis.requestAnimationFrame;
    delete globalThis.cancelAnimationFrame;
  });
  const store = makeStore(world.connect, part, id, options);
  const changes = [];
  return {
    store,
    world,
    changes,
    listen: () => store.subscribe(() => changes.push(store.getSnapshot())),
    frame: () => [...frames].forEach(([frame, run]) => (frames.delete(frame), run())),
    frames,
    pass: (ms = LINGER_MS) => t.mock.timers.tick(ms),
  };
}

/** One that is subscribed to and connected. */
async function following(t, given) {
  const made = page(t, given);
  const leave = made.listen();
  await settled();
  goLive(made.world.connection);
  made.frame();
  made.changes.length = 0;
  return { ...made, leave, connection: made.world.connection };
}

test("making a store and asking for its snapshot asks nothing of the page", async (t) => {
  const { store, world } = page(t);
  const { state, connection, ...rest } = store.getSnapshot();
  assert.equal(state.id, "7");
  assert.equal(state.progress, null);
  assert.deepEqual(["logs" in state, "droppedLogs" in state], [false, false]);
  assert.deepEqual(connection, { name: "connecting" });
  assert.deepEqual(rest, { end: null, failure: null, gap: null, research: null, client: null });
  assert.equal(store.getServerSnapshot(), store.getSnapshot());
  await settled();
  assert.equal(world.loads, 0);
});

for (const id of [null, undefined]) {
  test(`with the id ${id} nothing is followed`, async (t) => {
    const { store, world, listen } = page(t, { id });
    listen();
    await settled();
    assert.equal(world.loads, 0);
    assert.equal(store.getSnapshot().connection.name, "closed");
    assert.equal(store.getSnapshot().state.id, "");
  });
}

test("the snapshot is the same object until something changes, and then changes once a frame", async (t) => {
  const { store, world, connection, changes, frame } = await following(t);
  const before = store.getSnapshot();
  for (let n = 1; n <= 500; n += 1) connection.tell("log", "7", { message: `line ${n}`, level: "info" });
  frame();
  assert.equal(store.getSnapshot(), before, "the log is a part of its own");
  world.answers.snapshot = { progress: 40, source: "live" };
  for (let n = 1; n <= 40; n += 1) connection.tell("update", "7", { progress: n });
  assert.equal(store.getSnapshot(), before);
  assert.equal(changes.length, 0);
  frame();
  assert.equal(changes.length, 1);
  assert.equal(store.getSnapshot(), changes[0]);
  assert.equal(changes[0].state.progress, 40);
  assert.ok(Object.isFrozen(changes[0]));
  frame();
  assert.equal(changes.length, 1);
});

test("a hidden page, which has no frames, hears of changes all the same", async (t) => {
  const { connection, changes, frames, pass } = await following(t);
  connection.tell("update", "7", { progress: 40 });
  assert.equal(frames.size, 1);
  pass(250);
  assert.equal(changes.length, 1);
  assert.equal(frames.size, 0, "and not once more in the next frame");
});

test("where there are no frames, as after a test runner has taken its document away, changes are heard all the same", async (t) => {
  const { connection, changes, pass } = await following(t);
  delete globalThis.requestAnimationFrame;
  delete globalThis.cancelAnimationFrame;
  connection.tell("update", "7", { progress: 40 });
  pass(250);
  assert.equal(changes.length, 1);
});

test("failure and end are kept, and the connection is told with its reason", async (t) => {
  const { store, connection, frame } = await following(t);
  connection.tell("failure", "7", { code: "timeout", title: "LLM Timeout Error" });
  connection.tell("end", "7", { status: "failed" });
  connection.tell("state", undefined, { name: "stopped", reason: { code: "UNAUTHORIZED", message: "not signed in" } });
  frame();
  const { failure, end, connection: state } = store.getSnapshot();
  assert.equal(failure.title, "LLM Timeout Error");
  assert.equal(end.status, "failed");
  assert.deepEqual([state.name, state.reason.code], ["stopped", "UNAUTHORIZED"]);
});

test("that the server shows it no longer is rendered, and that lines are missing, until it does again", async (t) => {
  const { store, connection, frame, changes } = await following(t);
  connection.tell("refusal", "7", "unauthorized");
  frame();
  assert.equal(store.getSnapshot().state.refusal, "unauthorized");
  connection.tell("refusal", "7", null);
  connection.tell("gap", "7", { from: 1, to: 2, recovered: 3, missing: 0 });
  frame();
  assert.deepEqual([store.getSnapshot().state.refusal, store.getSnapshot().gap], [null, null]);
  const gap = { from: 3, to: 4, recovered: 0, missing: null };
  connection.tell("gap", "7", gap);
  frame();
  assert.deepEqual(store.getSnapshot().gap, gap);
  assert.equal(changes.length, 3);
});

test("unsubscribed and subscribed to again at once it is as before: nothing was closed, nothing changed", async (t) => {
  const { store, world, connection, changes, leave, listen, pass } = await following(t);
  const before = store.getSnapshot();
  leave();
  leave();
  listen();
  leave();
  pass();
  await settled();
  assert.equal(store.getSnapshot(), before);
  assert.deepEqual(changes, []);
  assert.equal(world.connections.length, 1);
  assert.deepEqual([connection.of("unsubscribe"), connection.of("close")], [[], []]);
});

test("a moment after the last one has unsubscribed everything is let go of", async (t) => {
  const { store, world, connection, changes, leave, listen, frames, pass } = await following(t);
  const other = listen();
  leave();
  pass();
  assert.deepEqual(connection.of("unsubscribe"), []);
  connection.tell("update", "7", { progress: 40 });
  other();
  // Twice is once.
  other();
  assert.equal(frames.size, 1);
  pass();
  assert.equal(frames.size, 0);
  assert.deepEqual(changes, []);
  // The connection's own moment.
  pass();
  assert.equal(connection.of("close").length, 1);
  assert.equal(store.getSnapshot().connection.name, "connected", "the last one stays, for who still shows it");
  assert.equal(world.connections.length, 1);
});

test("who comes back later sees what was seen last until something is known, and never less", async (t) => {
  const { store, world, connection, changes, leave, listen, frame, pass } = await following(t);
  world.answers.snapshot = { progress: 40, source: "live" };
  connection.tell("update", "7", { progress: 40 });
  frame();
  leave();
  pass();
  pass();
  world.answers.snapshot = undefined;
  changes.length = 0;
  listen();
  await settled();
  assert.equal(world.connections.length, 2);
  assert.equal(store.getSnapshot().state.progress, 40);
  assert.equal(store.getSnapshot().connection.name, "connecting");
  world.answers.snapshot = { progress: 60, source: "live" };
  world.connection.tell("update", "7", { progress: 60 });
  frame();
  assert.equal(store.getSnapshot().state.progress, 60);
});

test("unsubscribed while the module loads it leaves no client behind", async (t) => {
  let loaded;
  const world = fake({ load: () => new Promise((resolve) => (loaded = resolve)) });
  const { store, changes, listen, pass } = page(t, { world });
  const leave = listen();
  await settled();
  leave();
  pass();
  loaded();
  await settled();
  assert.equal(world.connections.length, 0);
  assert.deepEqual(changes, []);
  assert.equal(store.misuse, undefined);
});

test("a connect of the page's own that knows of no signals has its client closed all the same", async (t) => {
  const world = fake();
  const forgetful = { ...world, connect: (options) => world.connect({ ...options, signal: undefined }) };
  const { changes, listen, pass } = page(t, { world: forgetful });
  listen()();
  pass();
  await settled();
  pass();
  assert.equal(world.connection.of("close").length, 1, "while it connects");
  assert.deepEqual(changes, []);
  const leave = listen();
  await settled();
  leave();
  pass();
  pass();
  assert.equal(world.connection.of("close").length, 1, "later");
  assert.equal(world.connections.length, 2);
});

test("a connect that fails is told as the reason, and the next one who comes tries again", async (t) => {
  let fails = true;
  const world = fake({ load: async () => { if (fails) throw new TypeError("Failed to fetch"); } });
  const { store, changes, listen, pass } = page(t, { world });
  const leave = listen();
  await settled();
  assert.equal(changes.length, 1);
  assert.deepEqual([changes[0].connection.name, changes[0].connection.reason.code], ["stopped", "LOAD_FAILED"]);
  assert.equal(store.misuse, undefined);
  fails = false;
  leave();
  pass();
  listen();
  await settled();
  assert.equal(store.getSnapshot().connection.name, "connecting");
});

for (const [who, comes] of [
  ["is put back at once", ({ leave, listen }) => (leave(), listen())],
  ["comes beside it", ({ listen }) => listen()],
]) {
  test(`a connect that has failed is tried again for a component that ${who}`, async (t) => {
    let fails = true;
    const world = fake({ load: async () => { if (fails) throw new TypeError("Failed to fetch"); } });
    const { store, listen, pass } = page(t, { world });
    const leave = listen();
    await settled();
    fails = false;
    comes({ leave, listen });
    await settled();
    assert.deepEqual([world.loads, world.connections.length], [2, 1]);
    assert.equal(store.getSnapshot().connection.name, "connecting");
    pass();
    assert.deepEqual(world.connection.of("close"), []);
  });
}

test("a connect of the page's own that fails, as its fetch does without a network, is a reason and no mistake of the component's", async (t) => {
  const lost = new TypeError("Failed to fetch");
  const { store, changes, listen } = page(t, { world: { connect: async () => Promise.reject(lost) } });
  listen();
  await settled();
  assert.equal(store.misuse, undefined);
  assert.deepEqual(changes.map(({ connection }) => connection), [{ name: "stopped", reason: lost }]);
});

for (const [what, given] of [
  ["option", { options: { maxLogs: "7" } }],
  ["id", { id: "" }],
]) {
  test(`a wrong ${what} is kept to be thrown where the page can see by whom`, async (t) => {
    const { store, changes, listen } = page(t, given);
    listen();
    await settled();
    assert.ok(store.misuse instanceof TypeError);
    assert.equal(changes.length, 1);
  });
}

test("functions are asked as the page gave them last", async (t) => {
  const { store, world } = await following(t, { options: { auth: () => ({ token: "old" }) } });
  world.connection.tell("credentials", 1);
  store.use({ auth: async () => ({ token: "new" }) });
  world.connection.tell("credentials", 2);
  await settled();
  assert.deepEqual(world.connection.of("provide").map(([, { auth }]) => auth), ['{"token":"old"}', '{"token":"new"}']);
});

test("a client that has failed for good is replaced for who comes then", async (t) => {
  const { world, connection, listen } = await following(t);
  connection.tell("state", undefined, { name: "closed", reason: { code: "INTERNAL", message: "a fault" } });
  listen();
  await settled();
  assert.equal(world.connections.length, 2);
});

test("the key tells options apart by what they say", () => {
  assert.equal(storeKey(7, undefined), storeKey(7, {}));
  assert.equal(storeKey(7, { auth: () => 1, logger: console }), storeKey(7, { auth: () => 2 }));
  assert.equal(storeKey(7, { headers: new Headers({ a: "1" }) }), storeKey(7, { headers: new Headers({ a: "1" }) }));
  for (const other of [storeKey("7", {}), storeKey(8, {}), storeKey(7, { timeout: 1 }), storeKey(7, { headers: new Headers({ a: "2" }) })]) {
    assert.notEqual(storeKey(7, { headers: new Headers({ a: "1" }) }), other);
  }
});

// --- The log ----------------------------------------------------------------------------------------------------------------

/** Tells of lines, each with the next one of some levels. */
function tellLines(connection, count, levels = ["info"]) {
  for (let n = 1; n <= count; n += 1) connection.tell("log", "7", { message: `line ${n}`, level: levels[(n - 1) % levels.length] });
}

test("a log is its newest lines, oldest first, anew once a frame, and the same array until a line comes that is in it", async (t) => {
  const { store, connection, changes, frame } = await following(t, { part: "log", options: { tail: 3, level: ["error", "milestone"] } });
  assert.deepEqual(store.getSnapshot(), []);
  assert.equal(store.getSnapshot(), store.getServerSnapshot());
  tellLines(connection, 12, ["error", "info", "milestone"]);
  frame();
  assert.equal(changes.length, 1);
  assert.deepEqual(changes[0].map(({ message }) => message), ["line 9", "line 10", "line 12"]);
  assert.ok(Object.isFrozen(changes[0]));
  tellLines(connection, 5, ["info"]);
  connection.tell("update", "7", { progress: 40 });
  connection.tell("state", undefined, { name: "offline" });
  frame();
  assert.equal(changes.length, 1);
  assert.equal(store.getSnapshot(), changes[0]);
});

for (const [options, count] of [[undefined, 500], [{ tail: Infinity }, 700]]) {
  test(`of seven hundred lines ${count} are shown with ${JSON.stringify(options)}`, async (t) => {
    const { store, connection, frame } = await following(t, { part: "log", options });
    tellLines(connection, 700);
    frame();
    assert.deepEqual([store.getSnapshot().length, store.getSnapshot().at(-1).message], [count, "line 700"]);
  });
}

test("what was seen of a log stays until the server has shown it anew", async (t) => {
  const { store, connection, leave, listen, frame, pass, world } = await following(t, { part: "log" });
  tellLines(connection, 3);
  frame();
  const before = store.getSnapshot();
  leave();
  pass();
  pass();
  listen();
  await settled();
  assert.equal(store.getSnapshot(), before);
  tellLines(world.connection, 4);
  frame();
  assert.equal(store.getSnapshot().length, 4);
});

for (const [options, error] of [
  [{ tail: "7" }, TypeError],
  [{ tail: 0 }, RangeError],
  [{ tail: 1.5 }, RangeError],
  [{ level: "loud" }, TypeError],
]) {
  test(`a wrong wish for a log is thrown at once: ${JSON.stringify(options)}`, () => {
    assert.throws(() => makeStore(fake().connect, "log", 7, options), error);
  });
}

test("what is the log's own is no option of the connection, and tells stores apart", () => {
  assert.deepEqual(connectOptions("log", { tail: 7, level: "error", timeout: 1 }), { timeout: 1 });
  assert.notEqual(storeKey(7, { tail: 7 }), storeKey(7, { tail: 8 }));
});

test("without an id a log has no lines, and nothing is asked for", async (t) => {
  const { store, world, listen } = page(t, { part: "log", id: null });
  listen();
  await settled();
  assert.deepEqual([store.getSnapshot(), world.loads], [[], 0]);
});

// --- The connection ---------------------------------------------------------------------------------------------------------

test("a connection changes with its state alone, and follows nothing", async (t) => {
  const { store, connection, changes, frame } = await following(t, { part: "connection", id: undefined });
  assert.deepEqual(store.getSnapshot().connection, { name: "connected" });
  assert.equal(store.getSnapshot().client.connected, true);
  assert.deepEqual(connection.of("subscribe"), []);
  connection.tell("state", undefined, { name: "offline" });
  frame();
  assert.deepEqual(changes.map((snapshot) => snapshot.connection.name), ["offline"]);
});

test("a connection that cannot be had is stopped, with the reason", async (t) => {
  const { store, listen } = page(t, { part: "connection", world: fake({ load: async () => Promise.reject(new TypeError("Failed to fetch")) }) });
  listen();
  await settled();
  const { connection, client } = store.getSnapshot();
  assert.deepEqual([connection.name, connection.reason.code, client], ["stopped", "LOAD_FAILED", null]);
});

// connect(): loading, options, credentials, and signals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Timers } from "../../pkg-template/core/timers.js";
import { codeOf, connected, fake, moments, reported, settled } from "./fake.mjs";

test("importing asks nothing of the page", async () => {
  // This test runs without a browser: an import that touched it would have failed.
  const { connect } = await import("../../pkg-template/client/connect.js").then(({ createConnect }) => ({
    connect: createConnect({ init: assert.fail, timers: new Timers(), Connection: assert.fail, browser: { present: false } }),
  }));
  assert.equal(typeof connect, "function");
});

test("without a browser it says where to call it", async () => {
  const world = fake({ present: false });
  await assert.rejects(world.connect(), (error) => error.code === "UNSUPPORTED" && /where a document exists/.test(error.message));
  assert.equal(world.loads, 0);
});

test("the module is loaded once, however often it is called", async () => {
  const world = fake();
  await Promise.all([world.connect(), world.connect(), world.connect({ url: "https://other.example" })]);
  await world.connect();
  assert.equal(world.loads, 1);
});

test("a load that failed is tried again by the next call", async () => {
  let fails = true;
  const world = fake({
    load: async () => {
      if (fails) throw new TypeError("Failed to fetch");
    },
  });
  await assert.rejects(world.connect(), (error) => error.code === "LOAD_FAILED" && error.cause instanceof TypeError && /jest\.mock/.test(error.message));
  fails = false;
  await world.connect();
  assert.equal(world.loads, 2);
});

test("preload() loads the module ahead, for the call that comes later or is there already", async () => {
  const world = fake();
  await Promise.all([world.connect.preload(), world.connect.preload()]);
  assert.deepEqual([world.loads, world.connections.length], [1, 0]);
  await world.connect();
  assert.deepEqual([world.loads, world.connections.length], [1, 1]);
});

test("preload() says why the module could not be loaded, and connect() tries again", async () => {
  const failures = [new TypeError("Failed to fetch")];
  const world = fake({
    load: async () => {
      for (const failure of failures.splice(0)) throw failure;
    },
  });
  assert.equal(await codeOf(world.connect.preload()), "LOAD_FAILED");
  await world.connect();
  assert.equal(world.loads, 2);
});

for (const [where, surroundings] of [["on a server", { present: false }], ["in a document that is no browser's", { missing: ["fetch"] }]]) {
  test(`preload() does nothing ${where}`, async () => {
    const world = fake(surroundings);
    await world.connect.preload();
    assert.equal(world.loads, 0);
  });
}

for (const [runtime, words] of [["wasm", "as WebAssembly"], ["js", "as JavaScript"]]) {
  test(`logger and stats() say that the core runs ${words}`, async () => {
    const world = fake({ load: async () => runtime });
    const told = [];
    const client = await world.connect({ logger: { debug: (...args) => told.push(args) } });
    assert.ok(told[0][0].includes(`runs ${words}`), told[0][0]);
    assert.equal(client.stats().runtime, runtime);
  });
}

for (const [whom, logger] of [["console", console], ["logger", { warn: () => {}, debug: () => {} }]]) {
  test(`the ${whom} hears once that JavaScript runs since WebAssembly cannot be had, and why`, async (t) => {
    const world = fake({ load: async () => ({ runtime: "js", cause: new Error("/x.wasm is answered 403") }) });
    const warned = t.mock.method(logger, "warn", () => {});
    const told = logger === console ? undefined : t.mock.method(logger, "debug", () => {});
    const options = logger === console ? {} : { logger };
    const client = await world.connect(options);
    await world.connect(options);
    assert.deepEqual(warned.mock.calls.map((call) => call.arguments.length), [1]);
    assert.match(warned.mock.calls[0].arguments[0], /runs as JavaScript.*research_socket_bg\.wasm.*\/x\.wasm is answered 403$/);
    assert.equal(client.stats().runtime, "js");
    if (told) assert.match(told.mock.calls.map((call) => call.arguments[0]).join("\n"), /runs as JavaScript.*answered 403/);
  });
}

test("where a document is no browser's, connect() names what is missing and how to mock the package", async () => {
  const world = fake({ missing: ["fetch", "MessageChannel"] });
  await assert.rejects(world.connect(), (error) => error.code === "UNSUPPORTED" && /fetch, MessageChannel.*jest\.mock\("research-socket"\).*vi\.mock/.test(error.message));
  assert.equal(world.loads, 0);
});

test("a logger that throws does not keep the page from connecting", async (t) => {
  const errors = reported(t);
  const world = fake();
  const mistake = new Error("a mistake of the page");
  await world.connect({ logger: { debug: () => { throw mistake; } } });
  assert.ok(errors.length > 0 && errors.every((error) => error === mistake));
});

test("options go to the module as the page gave them, without the facade's own", async () => {
  const world = fake();
  const given = { path: "/ws/socket.io", reconnectionAttempts: Infinity, timeout: 5, fallback: false, dedup: { entries: 3 }, withCredentials: true };
  await world.connect({ ...given, auth: { token: "t" }, maxLogs: 3, forceNew: false, logger: console, csrfToken: "x", signal: new AbortController().signal });
  assert.deepEqual(world.connection.options, { ...given, url: "https://app.example" });
  assert.deepEqual(world.connection.names(), ["open"]);
});

test("the default of `url` is the page's origin", async () => {
  const world = fake({ href: "https://app.example:8443/progress/7?x=1" });
  await world.connect();
  assert.equal(world.connection.options.url, "https://app.example:8443");
});

for (const [name, value, kind] of [
  ["url", 7, TypeError],
  ["url", "not an address:", TypeError],
  ["url", "wss://app.example", TypeError],
  ["url", "https://app.example/api", TypeError],
  ["url", "app.example", TypeError],
  ["path", 7, TypeError],
  ["auth", "token", TypeError],
  ["headers", 7, TypeError],
  ["query", "a=b", TypeError],
  ["signal", {}, TypeError],
  ["logger", 7, TypeError],
  ["logger", { debug: true }, TypeError],
  ["logger", { warn: "console" }, TypeError],
  ["csrfToken", 7, TypeError],
  ["forceNew", 1, TypeError],
  ["share", 1, TypeError],
  ["share", null, TypeError],
  ["share", "", RangeError],
  ["maxLogs", "7", TypeError],
  ["maxLogs", -1, RangeError],
  ["maxLogs", 1.5, RangeError],
]) {
  test(`${name}: ${JSON.stringify(value)} is refused by name`, async () => {
    const world = fake();
    await assert.rejects(world.connect({ [name]: value }), (error) => error instanceof kind && error.message.startsWith(`option \`${name}\` `));
    assert.equal(world.connections.length, 0);
  });
}

test("what the module refuses reaches the page as it is", async () => {
  const world = fake();
  world.answers.create = new RangeError("option `timeout` must be a number");
  await assert.rejects(world.connect({ timeout: -1 }), RangeError);
  delete world.answers.create;
  // The refused one has left nothing behind.
  await world.connect();
  assert.equal(world.connections.length, 1);
});

test("a signal that has aborted already stops before anything is loaded", async () => {
  const world = fake();
  const reason = new Error("gone");
  await assert.rejects(world.connect({ signal: AbortSignal.abort(reason) }), (error) => error.code === "ABORTED" && error.cause === reason);
  assert.equal(world.loads, 0);
});

test("a signal that aborts while the module loads stops at once", async () => {
  const world = fake({ load: () => new Promise(() => {}) });
  const controller = new AbortController();
  const code = codeOf(world.connect({ signal: controller.signal }));
  controller.abort();
  assert.equal(await code, "ABORTED");
});

test("a signal closes its client, and only that one", async () => {
  const controller = new AbortController();
  const { client, world } = await connected({ signal: controller.signal });
  const other = await world.connect();
  const { done } = client.subscribe(1);
  controller.abort("why");
  assert.equal(client.state.name, "closed");
  assert.equal(client.state.reason.code, "ABORTED");
  assert.equal(client.state.reason.cause, "why");
  assert.equal(await codeOf(done), "ABORTED");
  assert.equal(other.state.name, "connected");
});

test("a closed client leaves no listener on its signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...args) => ((listeners += 1), add.apply(signal, args));
  signal.removeEventListener = (...args) => ((listeners -= 1), remove.apply(signal, args));
  const { client } = await connected({ signal });
  await settled();
  assert.equal(listeners, 1);
  client.close();
  assert.equal(listeners, 0);
});

test("a connection that cannot be opened is let go of", async () => {
  const world = fake();
  world.answers.open = new Error("no");
  assert.equal(await codeOf(world.connect()), "INTERNAL");
  assert.equal(world.connection.of("close").length, 1);
  delete world.answers.open;
  await world.connect();
  assert.equal(world.connections.length, 2);
});

test("credentials are asked for anew each time, and may be promises", async () => {
  const world = fake();
  let asked = 0;
  await world.connect({
    auth: async () => ({ token: ++asked }),
    headers: new Headers({ "X-Tenant": "blue" }),
    query: () => ({ a: 1, b: null, c: undefined, d: "ä" }),
  });
  world.connection.tell("credentials", 11);
  world.connection.tell("credentials", 12);
  await settled();
  const rest = { headers: [["x-tenant", "blue"]], query: [["a", "1"], ["d", "ä"]] };
  assert.deepEqual(world.connection.of("provide"), [
    [11, { auth: '{"token":1}', ...rest }],
    [12, { auth: '{"token":2}', ...rest }],
  ]);
});

test("a page without credentials answers with none", async () => {
  const { connection } = await connected({ auth: () => null });
  connection.tell("credentials", 1);
  await settled();
  assert.deepEqual(connection.of("provide"), [[1, { auth: undefined, headers: [], query: [] }]]);
});

for (const [why, options, words] of [
  ["throws", { auth: () => { throw new Error("no token"); } }, /no token/],
  ["rejects", { headers: async () => { throw new Error("signed out"); } }, /signed out/],
  ["gives something else", { query: () => "a=b" }, /"query" must return an object/],
]) {
  test(`a function for credentials that ${why} is told to the module`, async (t) => {
    const errors = reported(t);
    const { connection } = await connected(options);
    connection.tell("credentials", 5);
    await settled();
    assert.equal(connection.of("provide").length, 0);
    const [[id, message]] = connection.of("refuse");
    assert.equal(id, 5);
    assert.match(message, words);
    assert.deepEqual(errors, []);
  });
}

test("credentials that come after the client was closed go nowhere", async (t) => {
  const pass = moments(t);
  let give;
  const answers = [{}, new Promise((resolve) => (give = resolve))];
  const { client, connection } = await connected({ auth: () => answers.shift() });
  connection.tell("credentials", 1);
  await settled();
  connection.tell("credentials", 2);
  client.close();
  pass();
  give({});
  await settled();
  assert.deepEqual(connection.of("provide").map(([id]) => id), [1]);
});

// The browser as a connection gets it: where it sends what the module asks for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../../pkg-template/core/host.js";

const SERVER = "https://api.example";

/** A page whose requests and beacons are written down; `sent` has their addresses. */
function page(t, origin = SERVER) {
  const sent = [];
  const sendBeacon = (url, blob) => sent.push(url, blob) > 0;
  for (const [name, value] of Object.entries({ location: { origin }, navigator: { sendBeacon } })) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
  t.mock.method(globalThis, "fetch", async ({ url }) => sent.push(url));
  return sent;
}

const OTHERS = ["https://api.example@evil.example/", "https://api.example.evil.example/", "http://api.example/", "https://api.example:8443/"];

test("nothing is sent to another origin than the server's, and the words say where it would have gone", async (t) => {
  const sent = page(t);
  const host = new Host();
  for (const address of OTHERS) {
    const leads = (error) => error instanceof TypeError && error.message.includes(`leads to ${new URL(address).origin}`) && !error.message.includes("secret");
    await assert.rejects(host.fetch(SERVER, { url: `${address}?token=secret` }, {}), leads);
    assert.throws(() => host.beacon(SERVER, `${address}?token=secret`, "1", true), leads);
  }
  assert.deepEqual(sent, []);
  await host.fetch(SERVER, { url: `${SERVER}/socket.io/?EIO=4` }, {});
  assert.deepEqual(sent, [`${SERVER}/socket.io/?EIO=4`]);
});

test("a request that fails at once is one that fails", async (t) => {
  page(t);
  const reason = new Error("wrapped");
  globalThis.fetch.mock.mockImplementation(() => {
    throw reason;
  });
  await assert.rejects(new Host().fetch(SERVER, { url: `${SERVER}/` }, {}), reason);
});

for (const [what, origin, withCredentials, goes] of [
  ["its own origin", SERVER, false, true],
  ["another origin that is to have cookies", "https://app.example", true, true],
  ["another origin that is to have none", "https://app.example", false, false],
]) {
  test(`a beacon ${goes ? "goes" : "does not go"} to ${what}`, async (t) => {
    const sent = page(t, origin);
    assert.equal(new Host().beacon(SERVER, `${SERVER}/socket.io/?sid=x`, "1", withCredentials), goes);
    assert.deepEqual(sent.slice(0, 1), goes ? [`${SERVER}/socket.io/?sid=x`] : []);
    if (goes) assert.deepEqual([sent[1].type, await sent[1].text()], ["text/plain;charset=utf-8", "1"]);
  });
}

test("only where a browser ends what is open as a navigation begins, and answers what it keeps, is a request kept", (t) => {
  const set = (name, value) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  };
  const host = new Host();
  set("Request", class {});
  assert.equal(host.keeps(), false);
  set("mozInnerScreenX", 0);
  assert.equal(host.keeps(), false, "a Firefox that knows no keepalive");
  set("Request", class { get keepalive() {} });
  assert.equal(host.keeps(), true);
});

/** Puts these in the place of globals. */
function globals(t, values) {
  for (const [name, value] of Object.entries(values)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
}

test("a page that has much to do is kept from painting as its browser allows it, and a worker not at all", async (t) => {
  const host = new Host();
  const scheduler = { postTask: async (run) => run() };
  for (const [values, ranks, turn] of [
    [{ scheduler }, false, 8],
    [{ document: {} }, true, 48],
    [{ scheduler: undefined }, false, 40],
    // An element of the page with that id.
    [{ scheduler: { postTask: {} } }, false, 40],
    [{ scheduler, mozInnerScreenX: 0 }, false, 16],
  ]) {
    globals(t, values);
    assert.deepEqual([host.ranks(), host.turn()], [ranks, turn]);
  }
});

test("what goes before all else is called in a task of its own, unless it was let go of or the instance is gone", (t) => {
  const tasks = [];
  globals(t, { scheduler: { postTask: (run, { priority }) => tasks.push({ run, priority }) } });
  const called = [];
  const host = new Host();
  const [kept, left] = ["kept", "left"].map((name) => host.channel(() => called.push(name)).port2);
  for (const port of [kept, left, kept]) host.urge(port);
  assert.deepEqual(called, []);
  left.onmessage = null;
  tasks[0].run();
  tasks[1].run();
  host.end();
  tasks[2].run();
  assert.deepEqual(called, ["kept"]);
  assert.deepEqual(tasks.map(({ priority }) => priority), Array(3).fill("user-blocking"));
  for (const port of [kept, left]) port.close();
});

test("what is to follow a call of the module is called once, behind it, and not if it was let go of or the instance is gone", () => {
  const called = [];
  const host = new Host();
  const { port2 } = host.channel(() => called.push("handlers"));
  const read = host.guard((what) => {
    called.push(what);
    if (what === "all") host.hurry(port2);
    called.push("read");
  });
  read("nothing");
  assert.deepEqual(called.splice(0), ["nothing", "read"]);
  read("all");
  read("nothing");
  assert.deepEqual(called.splice(0), ["all", "read", "handlers", "nothing", "read"]);
  const { onmessage } = port2;
  port2.onmessage = null;
  read("all");
  assert.deepEqual(called.splice(0), ["all", "read"]);
  port2.onmessage = onmessage;
  const ending = host.guard(() => (host.hurry(port2), host.end()));
  ending();
  assert.deepEqual(called, []);
  port2.close();
});

test("a body whose head has come does not wait behind what goes before all else", async (t) => {
  const priorities = [];
  globals(t, { scheduler: { postTask: (run, { priority }) => priorities.push(priority) } });
  const host = new Host();
  const { port2 } = host.channel(() => {});
  let give;
  const stream = new ReadableStream({ pull: (controller) => new Promise((resolve) => (give = () => resolve(controller.enqueue(new Uint8Array(1))))) }, { highWaterMark: 0 });
  const next = host.read(Promise.resolve(new Response(stream)), 100, true, () => {});
  host.urge(port2);
  const read = next();
  await new Promise(setImmediate);
  host.urge(port2);
  give();
  await read;
  host.urge(port2);
  const second = next();
  await new Promise(setImmediate);
  // It may trickle.
  host.urge(port2);
  give();
  await second;
  assert.deepEqual(priorities, ["user-blocking", "user-visible", "user-blocking", "user-blocking"]);
  port2.close();
});

/** A body of these texts that counts what is taken of it. */
function body(...texts) {
  const counts = { taken: 0, cancelled: false };
  const stream = new ReadableStream(
    {
      pull(controller) {
        if (counts.taken === texts.length) return controller.close();
        const text = texts[counts.taken++];
        if (text instanceof Error) return controller.error(text);
        controller.enqueue(new TextEncoder().encode(text));
      },
      cancel: () => void (counts.cancelled = true),
    },
    { highWaterMark: 0 },
  );
  return { stream, counts };
}

/** What a host gives of a response: `next()` gives what comes next, bytes as text. */
function reading(response, { limit = 100, streams = true } = {}) {
  const given = [];
  const read = new Host().read(Promise.resolve(response), limit, streams, (...args) => given.push(args));
  return async () => {
    await read();
    const [of, bytes, error] = given.pop();
    return { of, text: bytes && new TextDecoder().decode(bytes), error };
  };
}

test("a body that streams is given as it arrives, and no more of it is read than was asked for", async () => {
  const { stream, counts } = body("one ", "two ");
  const response = new Response(stream);
  const next = reading(response);
  assert.equal(counts.taken, 0);
  assert.deepEqual(await next(), { of: response, text: "one ", error: undefined });
  assert.equal(counts.taken, 1);
  assert.equal((await next()).text, "two ");
  assert.deepEqual(await next(), { of: response, text: undefined, error: undefined });
});

test("a body that breaks off gives its error after what came before", async () => {
  const cut = new Error("cut");
  const next = reading(new Response(body("one", cut).stream));
  assert.equal((await next()).text, "one");
  assert.equal((await next()).error, cut);
});

test("of a response that is no good one all is given at once", async () => {
  const next = reading(new Response(body("a ", "page").stream, { status: 502 }));
  assert.equal((await next()).text, "a page");
});

test("a body that does not stream is given as a whole, and left out beyond the limit", async () => {
  assert.equal((await reading(new Response(body("one ", "two").stream), { streams: false })()).text, "one two");
  const { stream, counts } = body("x".repeat(60), "x".repeat(60), "x".repeat(60));
  const { text, error } = await reading(new Response(stream), { streams: false })();
  assert.deepEqual([text, error, counts.taken], [undefined, undefined, 2]);
  assert.equal(counts.cancelled, true);
});

for (const [what, make] of Object.entries({
  "no body": (bytes) => ({ status: 200, arrayBuffer: async () => bytes.buffer }),
  "a body of null": (bytes) => ({ status: 200, body: null, arrayBuffer: async () => bytes.buffer }),
  "a body without a reader": (bytes) => ({ status: 200, body: {}, arrayBuffer: async () => bytes.buffer }),
  "nothing but its text": (bytes) => ({ status: 200, text: async () => new TextDecoder().decode(bytes) }),
})) {
  test(`a response with ${what} is read all the same`, async () => {
    const response = () => Object.setPrototypeOf(make(new TextEncoder().encode("héllo")), null);
    const next = reading(response());
    assert.equal((await next()).text, "héllo");
    assert.deepEqual(Object.values(await next()).slice(1), [undefined, undefined]);
    assert.equal((await reading(response(), { streams: false })()).text, "héllo");
  });
}

test("what was asked for before the end is given to nobody", async () => {
  const given = [];
  const read = new Host().read(Promise.resolve(new Response("one")), 100, true, (...args) => given.push(args));
  const asked = read();
  await read(true);
  await asked;
  assert.deepEqual(given, []);
});

test("a request that fails gives its reason, also one without any", async () => {
  const given = [];
  for (const reason of [new Error("no"), undefined]) {
    await new Host().read(Promise.reject(reason), 100, true, (...args) => given.push(args))();
  }
  assert.deepEqual(given, [
    [undefined, undefined, new Error("no")],
    [undefined, undefined, null],
  ]);
});

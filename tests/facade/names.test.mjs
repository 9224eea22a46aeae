// Names that mean something else as well: elements of the page that are called as what the package asks the page for (DOM
// clobbering), and names that every object has a property of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser } from "../../pkg-template/core/browser.js";
import { install } from "../../pkg-template/compat/socket.js";
import { Visit } from "../../pkg-template/doctor/visit.js";
import { Host } from "../../pkg-template/core/host.js";
import { connected, fake, reported, settled } from "./fake.mjs";

/** They are there in every object. */
const OF_OBJECTS = ["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf"];

const TIME = "2026-11-21T20:45:09.123456+00:00";
const LINE = { message: "one", type: "INFO", time: TIME, level: "info", source: "live" };

/**
 * A window, as browsers make it: elements and frames are found in what it inherits, and what the page defines is its own.
 * @param {object} [elements] by id or name
 */
function page(t, elements = {}, defined = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const said = { warn: [], error: [] };
  for (const kind of ["warn", "error"]) t.mock.method(console, kind, (...words) => said[kind].push(words.join(" ")));
  const storage = new Map();
  const own = {
    location: { pathname: "/progress/7" },
    sessionStorage: { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => storage.set(key, value) },
    ...defined,
  };
  const window = Object.assign(Object.create(elements), own);
  const world = fake();
  install(window, world.connect);
  return { window, world, said, tell: (...event) => world.connection.tell(...event) };
}

/** What an `<object>` is, which some browsers let be called. */
function callable() {
  throw new TypeError("no function");
}

/** The window of a frame of another origin. */
const foreign = new Proxy({}, {
  get(_, name) {
    throw new DOMException(`no ${String(name)} for you`, "SecurityError");
  },
});

for (const [what, element] of [["an image", {}], ["an object", callable], ["a frame of another origin", foreign]]) {
  test(`${what} with the name of something of the page's is not taken for it (window.socket)`, async (t) => {
    const names = ["socket", "addConsoleLog", "_socketAddLogEntry", "showNotification", "api", "pollIntervals", "pollResearchStatus", "_processedSocketMessages"];
    const { window, world, tell } = page(t, Object.fromEntries(names.map((name) => [name, element])));
    const heard = [];
    window.socket.subscribeToResearch("7", (data) => heard.push(data.log_entry?.message ?? data.progress));
    await settled();
    tell("log", "7", LINE);
    tell("update", "7", { progress: 5, metadata: { error_type: "timeout" } });
    tell("failure", "7", { code: "timeout", title: "Timeout", text: "Too slow.", detail: null, suggestion: null });
    await settled();
    assert.deepEqual(heard, ["one", 5]);
    assert.ok(window._processedSocketMessages instanceof Map);
    // Defined since: then they are the page's.
    const shown = [];
    window.addConsoleLog = (message) => shown.push(message);
    window.api = { getResearchStatus: async () => ({ progress: 6 }) };
    tell("log", "7", { ...LINE, message: "two" });
    tell("state", undefined, { name: "fallback" });
    t.mock.timers.tick(3000);
    await settled();
    assert.deepEqual(shown, ["two"]);
    assert.deepEqual(heard, ["one", 5, "two", 6]);
    assert.deepEqual(Object.keys(window.pollIntervals), ["7"]);
    assert.equal(world.connections.length, 1);
    window._processedSocketMessages = element;
    tell("log", "7", { ...LINE, message: "three" });
    assert.deepEqual(shown, ["two", "three"]);
  });
}

test("events of the server may have names that every object has a property of", async (t) => {
  const { window, tell } = page(t);
  window.socket.init();
  await settled();
  const instance = window.socket.getSocketInstance();
  const { client, connection } = await connected();
  for (const event of OF_OBJECTS) {
    const heard = [];
    instance.on(event, (...args) => heard.push(args));
    client.on(event, (...args) => heard.push(args));
    tell("event", event, ["a", { b: 1 }]);
    connection.tell("event", event, ["a", { b: 1 }]);
    assert.deepEqual(heard, [["a", { b: 1 }], ["a", { b: 1 }]], event);
  }
});

test("researches may have ids that every object has a property of", async (t) => {
  const api = { getResearchStatus: async (id) => ({ progress: 6, message: id }) };
  const { window, world, tell } = page(t, {}, { api });
  const heard = [];
  for (const id of OF_OBJECTS) window.socket.subscribeToResearch(id, ({ message }) => heard.push(message));
  await settled();
  assert.deepEqual(world.connection.of("subscribe"), OF_OBJECTS.map((id) => [id]));
  tell("state", undefined, { name: "fallback" });
  assert.deepEqual(Object.keys(window.pollIntervals), OF_OBJECTS);
  assert.equal(Object.getPrototypeOf(window.pollIntervals), Object.prototype);
  for (const round of [1, 2]) {
    t.mock.timers.tick(3000);
    await settled();
    assert.deepEqual(heard, Array(round).fill(OF_OBJECTS).flat());
  }
  window.socket.unsubscribeFromResearch("__proto__");
  assert.deepEqual(Object.keys(window.pollIntervals), OF_OBJECTS.slice(1));
  // The connection is back.
  tell("connect", undefined, { id: "sid-1" });
  assert.deepEqual(Object.keys(window.pollIntervals), []);
});

test("fields that cannot be made a string keep no payload from the handlers", async (t) => {
  const errors = reported(t);
  const odd = JSON.parse('{ "toString": 1, "valueOf": 1, "__proto__": null }');
  const answers = [{ progress: 3, log_entry: { message: "m", type: odd, time: TIME } }];
  const { window, tell } = page(t, {}, { addConsoleLog() {}, api: { getResearchStatus: async () => answers.shift() } });
  const heard = [];
  window.socket.subscribeToResearch("7", ({ progress, log_entry: line }) => heard.push(progress ?? line.message));
  await settled();
  tell("update", "7", { progress: 1, message: odd });
  tell("update", "7", { progress: 2, engine: odd, result_count: odd });
  tell("log", "7", { ...LINE, time: odd });
  await settled();
  tell("state", undefined, { name: "fallback" });
  t.mock.timers.tick(3000);
  await settled();
  assert.deepEqual(heard, [1, 2, "one", 3]);
  assert.equal(errors.length, 4);
});

/** A document whose every property is an element of the page: `<img name="currentScript">` takes the place of built-in ones. */
function clobbered(t, { script = null } = {}) {
  class Document extends EventTarget {
    get currentScript() {
      return script;
    }
    get baseURI() {
      return "https://app.example/progress/7";
    }
    get visibilityState() {
      return this.hidden === element ? "visible" : "hidden";
    }
    querySelector(selector) {
      return this.head === element && selector === 'meta[name="csrf-token"]' ? { content: "token-1" } : null;
    }
  }
  const element = { src: "https://evil.example/script.js", content: "evil" };
  const document = new Document();
  const names = ["currentScript", "baseURI", "visibilityState", "querySelector", "addEventListener", "removeEventListener", "head", "hidden"];
  for (const name of names) Object.defineProperty(document, name, { value: element });
  Object.assign(globalThis, { Document, document });
  t.after(() => {
    delete globalThis.Document;
    delete globalThis.document;
  });
  return document;
}

test("no element of the page says where the classic script loads its code from", async (t) => {
  clobbered(t, { script: { src: "https://app.example/pkg/research-socket.compat.js" } });
  const beside = await import("../../pkg-template/compat/script-url.js?src");
  assert.equal(beside.scriptUrl, "https://app.example/pkg/research-socket.compat.js");
});

test("no element of the page says where a script in the page itself loads its code from", async (t) => {
  clobbered(t, { script: { src: "" } });
  const within = await import("../../pkg-template/compat/script-url.js?text");
  assert.equal(within.scriptUrl, "https://app.example/progress/7");
});

test("no element of the page keeps the token from a request", (t) => {
  clobbered(t);
  assert.equal(browser.csrfToken, "token-1");
});

test("no element of the page keeps a connection from what the browser says", (t) => {
  const document = clobbered(t);
  const host = new Host();
  const heard = [];
  const guarded = host.guard(({ type }) => heard.push(type));
  host.listen(document, "visibilitychange", guarded);
  document.constructor.prototype.dispatchEvent.call(document, new Event("visibilitychange"));
  assert.equal(host.visible(), true);
  host.unlisten(document, "visibilitychange", guarded);
  document.constructor.prototype.dispatchEvent.call(document, new Event("visibilitychange"));
  assert.deepEqual(heard, ["visibilitychange"]);
});

test("no element of the page keeps the doctor from what the page's policy forbids", async (t) => {
  const document = clobbered(t);
  const location = globalThis.location;
  globalThis.location = new URL("https://app.example/");
  t.after(() => (location === undefined ? delete globalThis.location : (globalThis.location = location)));
  const visit = new Visit({ url: "https://other.example" }, 1000);
  const violation = Object.assign(new Event("securitypolicyviolation"), { effectiveDirective: "connect-src", blockedURI: "https://other.example/socket.io/" });
  EventTarget.prototype.dispatchEvent.call(document, violation);
  assert.equal(await visit.forbidden(), true);
  await visit.end();
});

test("what the policy forbids of another host, whose name begins like the server's, says nothing of the server", async (t) => {
  const document = clobbered(t);
  const location = globalThis.location;
  globalThis.location = new URL("https://app.example/");
  t.after(() => (location === undefined ? delete globalThis.location : (globalThis.location = location)));
  for (const [blockedURI, forbids] of [["https://other.example", true], ["https://other.example.evil/socket.io/", false], ["inline", false]]) {
    const visit = new Visit({ url: "https://other.example" }, 1000);
    EventTarget.prototype.dispatchEvent.call(document, Object.assign(new Event("securitypolicyviolation"), { effectiveDirective: "connect-src", blockedURI }));
    const forbidden = await Promise.race([visit.forbidden(), new Promise((resolve) => setImmediate(resolve, false))]);
    assert.equal(forbidden, forbids, blockedURI);
    await visit.end();
  }
});

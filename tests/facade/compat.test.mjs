// `window.socket`: each function, and the order in which a page sees what it does.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { RULES } from "../../pkg-template/client/option-check.js";
import { optionsOf, wantsElement } from "../../pkg-template/compat/attributes.js";
import { install } from "../../pkg-template/compat/socket.js";
import { ResearchSocketError } from "../../pkg-template/client/error.js";
import { LINGER_MS } from "../../pkg-template/client/linger.js";
import { fake, reported, settled } from "./fake.mjs";

const TIME = "2026-11-21T20:45:09.123456+00:00";
const NAMES = [
  "disconnect", "getSocketInstance", "init", "initializeSocket", "isConnected", "isUsingPolling", "onReconnect", "setPollingFallback",
  "subscribeToResearch", "unsubscribeFromResearch",
];

/** What it asks for by itself. */
const UPGRADE = ["polling", "websocket"];

/** A page with the compat script in it; `effects` is what the page saw, in order. */
async function page(t, { path = "/progress/7", load, loaded = true, has = ["addConsoleLog", "showNotification"], storage = new Map(), dataset } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const said = { info: [], warn: [], error: [] };
  for (const kind of ["info", "warn", "error"]) t.mock.method(console, kind, (...words) => said[kind].push(words.join(" ")));
  const world = fake(load && { load });
  const effects = [];
  const window = {
    location: { pathname: path },
    sessionStorage: { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => storage.set(key, value) },
  };
  for (const name of has) window[name] = (...args) => effects.push([name, ...args]);
  install(window, world.connect, dataset);
  const handler = (data) => effects.push(["handler", data]);
  if (loaded) {
    window.socket.init();
    await settled();
  }
  const live = () => {
    world.connection.tell("state", undefined, { name: "connected" });
    world.connection.tell("connect", undefined, { id: "sid-1" });
  };
  return { window, socket: window.socket, world, effects, handler, said, live, tell: (...event) => world.connection.tell(...event) };
}

const liveLine = (message, more = {}) => ({ message, type: "INFO", time: TIME, level: "info", source: "live", ...more });
const error = (code) => ({ code, message: `words for ${code}` });

test("it has the functions that pages of any release call, and no other", async (t) => {
  const { socket } = await page(t);
  assert.deepEqual(Object.keys(socket).sort(), NAMES);
  for (const name of NAMES) assert.equal(typeof socket[name], "function");
});

test("a script that is there twice makes one connection", async (t) => {
  const { window, socket, world } = await page(t);
  install(window, world.connect);
  assert.equal(window.socket, socket);
  t.mock.timers.tick(1000);
  await settled();
  assert.equal(world.connections.length, 1);
});

for (const path of ["/research/9", "/progress/9", "/benchmark/", "/chat/3fa85f64", "/app/progress/9"]) {
  test(`it connects by itself on ${path}`, async (t) => {
    const { world, socket } = await page(t, { path, loaded: false });
    assert.equal(socket.getSocketInstance(), null);
    t.mock.timers.tick(100);
    await settled();
    assert.equal(world.connections.length, 1);
    assert.equal(world.connection.options.url, "https://app.example");
    assert.notEqual(socket.getSocketInstance(), null);
  });
}

test("the core is loaded as soon as the script runs, and no connection is made before the page wants one", async (t) => {
  const { world, socket } = await page(t, { loaded: false });
  await settled();
  assert.deepEqual([world.loads, world.connections.length, socket.getSocketInstance()], [1, 0, null]);
  socket.subscribeToResearch("7");
  await settled();
  assert.deepEqual([world.loads, world.connections.length], [1, 1]);
});

test("a core that could not be loaded ahead is loaded again when the page wants it, and nobody hears of it before", async (t) => {
  let fails = true;
  const load = async () => {
    if (fails) throw new TypeError("Failed to fetch");
  };
  const { world, socket, said, effects } = await page(t, { load, loaded: false });
  await settled();
  assert.deepEqual([world.loads, said, effects], [1, { info: [], warn: [], error: [] }, []]);
  fails = false;
  socket.init();
  await settled();
  assert.deepEqual([world.loads, world.connections.length], [2, 1]);
});

test("on other pages it connects not, and the page asks for the status itself", async (t) => {
  const { world, socket, effects, handler } = await page(t, { path: "/results/9", loaded: false, has: ["pollResearchStatus"] });
  t.mock.timers.tick(1000);
  assert.equal(socket.init(), null);
  socket.subscribeToResearch("9", handler);
  await settled();
  assert.equal(world.loads, 0);
  assert.deepEqual([socket.isUsingPolling(), socket.isConnected(), socket.getSocketInstance()], [true, false, null]);
  assert.deepEqual(effects, [["pollResearchStatus", "9"]]);
});

test("a payload that is a mere line is written first and then given to the handlers, before the next one is", async (t) => {
  const { socket, effects, handler, tell } = await page(t);
  socket.subscribeToResearch("7", handler);
  tell("log", "7", liveLine("one"));
  tell("log", "7", liveLine("two", { metadata: { phase: "search" } }));
  await settled();
  assert.deepEqual(effects, [
    ["addConsoleLog", "one", "info", undefined],
    ["handler", { log_entry: { message: "one", type: "INFO", time: TIME } }],
    ["addConsoleLog", "two", "info", { phase: "search" }],
    ["handler", { log_entry: { message: "two", type: "INFO", time: TIME, metadata: { phase: "search" } } }],
  ]);
});

test("an update with a line calls the handlers once, with the payload itself, after the line", async (t) => {
  const { socket, effects, handler, tell } = await page(t);
  socket.subscribeToResearch("7", handler);
  const update = { progress: 5, message: "m", status: "in_progress", log_entry: { message: "one", type: "milestone", time: TIME } };
  tell("log", "7", liveLine("one", { type: "milestone", level: "milestone" }));
  tell("engine", "7", { name: "searxng" });
  tell("update", "7", update);
  await settled();
  assert.deepEqual(effects, [["addConsoleLog", "one", "milestone", undefined], ["handler", update]]);
  assert.equal(effects[1][1], update);
});

test("the lines of a cumulative log are written before the handlers are called once", async (t) => {
  const { socket, effects, handler, tell } = await page(t);
  socket.subscribeToResearch("7", handler);
  const line = (message) => ({ message, time: TIME, level: "info", source: "live" });
  tell("log", "7", liveLine("mere"));
  tell("log", "7", line("one"));
  tell("log", "7", line("two"));
  tell("update", "7", { progress: 5, progress_log: "[…]" });
  assert.deepEqual(effects.map(([name, first]) => [name, first.message ?? first.log_entry?.message ?? first.progress ?? first]), [
    ["addConsoleLog", "mere"], ["handler", "mere"], ["addConsoleLog", "one"], ["addConsoleLog", "two"], ["handler", 5],
  ]);
});

test("a mere line before an update that repeats its words, or has lines of its own, is a payload of its own", async (t) => {
  const { socket, effects, handler, tell } = await page(t, { has: [] });
  socket.subscribeToResearch("7", handler);
  const later = { message: "one", type: "INFO", time: "2026-11-21T20:45:10.000000+00:00" };
  for (const update of [{ progress: 1, log_entry: later }, { progress: 2, progress_log: "[]" }]) {
    effects.length = 0;
    tell("log", "7", liveLine("one", { time: `${TIME}${update.progress}` }));
    tell("update", "7", update);
    assert.deepEqual(effects.map(([, { progress }]) => progress), [undefined, update.progress]);
  }
});

test("the message of an update without a line is a line", async (t) => {
  const { socket, effects, handler, tell } = await page(t);
  socket.subscribeToResearch("7", handler);
  tell("update", "7", { progress: 5, message: "step", phase: "search" });
  tell("update", "7", { status: "completed", message: "done", progress: 100 });
  assert.deepEqual(effects.map((effect) => effect.slice(0, 3)), [
    ["addConsoleLog", "step", "info"], ["handler", { progress: 5, message: "step", phase: "search" }],
    ["addConsoleLog", "done", "milestone"], ["handler", { status: "completed", message: "done", progress: 100 }],
  ]);
});

test("without addConsoleLog lines go to _socketAddLogEntry, with a level that is one", async (t) => {
  const { socket, effects, handler, tell } = await page(t, { has: ["_socketAddLogEntry"] });
  socket.subscribeToResearch("7", handler);
  tell("log", "7", liveLine("one", { type: "\"><img src=x>", level: "info" }));
  tell("update", "7", { message: "not for this function" });
  assert.deepEqual(effects.filter(([name]) => name !== "handler"), [
    ["_socketAddLogEntry", { message: "one", type: "info", time: TIME, metadata: {} }],
  ]);
});

test("a page without a log gets its handlers called all the same", async (t) => {
  const { socket, effects, handler, tell } = await page(t, { has: [] });
  socket.subscribeToResearch("7", handler);
  tell("log", "7", liveLine("one"));
  tell("update", "7", { message: "m" });
  assert.deepEqual(effects.map(([name]) => name), ["handler", "handler"]);
});

test("the keys of shown lines are in _processedSocketMessages, and what is there is not shown again", async (t) => {
  const { window, socket, effects, tell } = await page(t);
  window._processedSocketMessages = new Map([[`${TIME}-shown`, Date.now()], ["old", Date.now() - 301_000]]);
  socket.subscribeToResearch("7");
  tell("log", "7", liveLine("shown"));
  tell("log", "7", liveLine("new"));
  assert.deepEqual(effects.map(([, message]) => message), ["new"]);
  assert.ok(window._processedSocketMessages.has(`${TIME}-new`));
  // Five minutes are over only for those at the front: in the order in which they were shown.
  window._processedSocketMessages = new Map([["old", Date.now() - 301_000], [`${TIME}-shown`, Date.now()]]);
  tell("log", "7", liveLine("newer"));
  assert.deepEqual([...window._processedSocketMessages.keys()], [`${TIME}-shown`, `${TIME}-newer`]);
});

test("the keys of shown lines are bounded in number and length", async (t) => {
  const { window, socket, effects, tell } = await page(t);
  socket.subscribeToResearch("7");
  const count = 10_050;
  for (let n = 1; n <= count; n += 1) tell("log", "7", liveLine(`line ${n}`));
  tell("log", "7", liveLine("x".repeat(100_000)));
  assert.equal(effects.length, count + 1, "all are shown");
  const keys = [...window._processedSocketMessages.keys()];
  assert.equal(keys.length, 10_000);
  assert.deepEqual([keys[0], keys.at(-1)], [`${TIME}-line 51`, `${TIME}-line ${count}`]);
});

test("a failure is shown, and put into the log, before the handlers hear of it", async (t) => {
  const { socket, effects, handler, tell, said } = await page(t);
  socket.subscribeToResearch("7", handler);
  const update = { progress: 80, metadata: { phase: "synthesis_error", error_type: "timeout" } };
  tell("update", "7", update);
  tell("failure", "7", { code: "timeout", title: "LLM Timeout Error", text: "Too slow.", detail: null, suggestion: null });
  assert.deepEqual(effects, [
    ["showNotification", "LLM Timeout Error", "Too slow.", "error", 10_000],
    ["addConsoleLog", "LLM Timeout Error: Too slow.", "error", { phase: "synthesis_error", error_type: "timeout" }],
    ["addConsoleLog", "Switching to fallback mode. Research will continue with available data.", "milestone", { phase: "synthesis_fallback" }],
    ["handler", update],
  ]);
  assert.equal(said.error.length, 1);
  // Told once by the client; the payload comes all the same.
  tell("update", "7", { ...update, progress: 81 });
  await settled();
  assert.equal(effects.at(-1)[1].progress, 81);
  assert.equal(effects.length, 5);
});

test("a failure whose words come a task after its update is shown all the same, and no other is", async (t) => {
  const { socket, effects, handler, tell } = await page(t);
  socket.subscribeToResearch("7", handler);
  const update = { progress: 80, metadata: { error_type: "timeout" } };
  const failure = { code: "timeout", title: "LLM Timeout Error", text: "Too slow.", detail: null, suggestion: null };
  tell("update", "7", update);
  // The handlers of what came before were slow: the rest waits for the next turn.
  await settled();
  tell("failure", "7", failure);
  assert.deepEqual(effects.map(([name, first]) => [name, first.progress ?? first]), [
    ["handler", 80],
    ["showNotification", "LLM Timeout Error"],
    ["addConsoleLog", "LLM Timeout Error: Too slow."],
    ["addConsoleLog", "Switching to fallback mode. Research will continue with available data."],
  ]);
  effects.length = 0;
  tell("failure", "7", failure);
  tell("update", "7", update);
  tell("update", "7", { status: "failed", error: "no" });
  await settled();
  tell("failure", "7", { code: "failed", title: "Research Failed", text: "no", detail: "no", suggestion: null });
  assert.deepEqual(effects.map(([name]) => name), ["handler", "handler"]);
});

test("a research that failed is left to the page's own words", async (t) => {
  const { socket, effects, handler, tell } = await page(t);
  socket.subscribeToResearch("7", handler);
  tell("update", "7", { status: "failed", error: "no" });
  tell("failure", "7", { code: "failed", title: "Research Failed", text: "no", detail: "no", suggestion: null });
  tell("end", "7", { status: "failed", message: "no", progress: null, error: "no", source: "live" });
  assert.deepEqual(effects, [["handler", { status: "failed", error: "no" }]]);
});

/** What people saw, without what handlers got: `[title, type]` of notifications, `[level]` of lines. */
const seenBy = (effects) => effects.splice(0).filter(([name]) => name !== "handler").map(([name, first, second, third]) => (name === "showNotification" ? [first, third] : [second]));
const LOST = [["Sign In Again", "error"], ["error"]];
const BACK = [["Signed In Again", "success"], ["success"]];
const followed = async (t, ids = ["7"]) => {
  const all = await page(t);
  for (const id of ids) all.socket.subscribeToResearch(id, all.handler);
  all.live();
  return all;
};

test("a sign-in that is lost is said once, with what to do, whoever tells it, and taken back", async (t) => {
  const { effects, tell, said, live } = await followed(t, ["7", "8"]);
  tell("warning", undefined, { code: "unauthorized", message: "m", research: "7" });
  tell("refusal", "7", "unauthorized");
  tell("failure", "7", { code: "UNAUTHORIZED", title: "Not Allowed", text: "Sign in.", detail: "no", suggestion: null });
  assert.match(effects[0][2], /Sign in again, in another tab/);
  tell("refusal", "8", "unauthorized");
  tell("state", undefined, { name: "reconnecting", delay: 9000, reason: error("UNAUTHORIZED") });
  assert.deepEqual(seenBy(effects), LOST);
  assert.equal(said.error.length, 1);
  // Not before all is well.
  tell("refusal", "7", null);
  live();
  assert.deepEqual(seenBy(effects), []);
  tell("refusal", "8", null);
  assert.deepEqual(seenBy(effects), BACK);
  live();
  tell("refusal", "7", "unauthorized");
  assert.deepEqual(seenBy(effects), LOST);
});

test("a refused connection is one sign-in with its researches, and back with both", async (t) => {
  const { effects, tell, live } = await followed(t);
  tell("state", undefined, { name: "fallback", delay: 9000, reason: error("UNAUTHORIZED") });
  tell("refusal", "7", "unauthorized");
  assert.deepEqual(seenBy(effects), [["Live Updates Have Stopped", "error"], ["error"]]);
  tell("refusal", "7", null);
  assert.deepEqual(seenBy(effects), []);
  live();
  assert.deepEqual(seenBy(effects), BACK);
});

test("a subscription that is refused without the name of its research is said, and back with the next connection", async (t) => {
  const { effects, tell, live } = await followed(t);
  for (let n = 0; n < 2; n += 1) tell("warning", undefined, { code: "unauthorized", message: "the server refused a subscription: no" });
  assert.deepEqual(seenBy(effects), [["Not Allowed", "error"], ["error"]]);
  live();
  assert.deepEqual(seenBy(effects), BACK);
});

test("a research that the server does not know is no matter for people", async (t) => {
  const { effects, tell } = await followed(t);
  tell("warning", undefined, { code: "not-found", message: "m", research: "7" });
  tell("refusal", "7", "not-found");
  tell("refusal", "7", null);
  assert.deepEqual(effects, []);
});

test("what was said of a research that is over, or let go of, hides no other sign-in", async (t) => {
  const { socket, effects, tell } = await followed(t, ["7", "8", "9"]);
  tell("refusal", "7", "unauthorized");
  tell("update", "7", { status: "completed", progress: 100 });
  assert.deepEqual(seenBy(effects).slice(0, 2), LOST);
  tell("refusal", "8", "unauthorized");
  assert.deepEqual(seenBy(effects), LOST);
  socket.unsubscribeFromResearch("8");
  tell("refusal", "9", "unauthorized");
  tell("refusal", "9", null);
  assert.deepEqual(seenBy(effects), [...LOST, ...BACK]);
});

test("lines that are missing are said, each outage once, with when and what to do", async (t) => {
  const { effects, tell } = await followed(t);
  const now = Date.now();
  const gap = { from: now + 60_000, to: now + 90_000, recovered: 3, missing: null };
  // Of before the page was opened, nothing lost, and of one message.
  for (const less of [{ from: now }, { missing: 0 }, { to: gap.from }]) tell("gap", "7", { ...gap, ...less });
  assert.deepEqual(effects, []);
  for (let n = 0; n < 2; n += 1) tell("gap", "7", gap);
  assert.match(effects[0][2], /^Lines of the log may be missing here, from .*\d.* to .*\d.*: .*Reload the page/);
  assert.deepEqual(seenBy(effects), [["Log Lines May Be Missing", "error"], ["warning"]]);
  tell("gap", "7", { ...gap, from: gap.to + 1, to: gap.to + 60_000 });
  assert.deepEqual(seenBy(effects), [["Log Lines May Be Missing", "error"], ["warning"]]);
});

test("lines that a slow page has lost are said once for each connection", async (t) => {
  const { effects, tell, live } = await followed(t);
  const gap = { from: Date.now() + 60_000, to: Date.now() + 60_000, recovered: 0, missing: 250 };
  tell("gap", "7", gap);
  assert.match(effects[0][2], /250/);
  assert.deepEqual(seenBy(effects), [["Log Lines Are Missing", "error"], ["warning"]]);
  tell("gap", "7", { ...gap, missing: 30 });
  assert.deepEqual(effects, []);
  live();
  tell("gap", "7", gap);
  assert.deepEqual(seenBy(effects), [["Log Lines Are Missing", "error"], ["warning"]]);
});

test("a message that was too large is said once for each research, and no other warning is", async (t) => {
  const { effects, tell, said } = await followed(t);
  for (const code of ["damaged-packet", "damaged-answer", "wrong-type", "not-finite", "page-too-slow"]) tell("warning", undefined, { code, message: "m", research: "7" });
  assert.deepEqual(effects, []);
  for (let n = 0; n < 2; n += 1) tell("warning", undefined, { code: "too-large", message: "a packet of more than 16 MiB", research: "7" });
  assert.match(effects[0][2], /too large to be shown \(a packet of more than 16 MiB\)\. Reload the page/);
  assert.deepEqual(seenBy(effects), [["A Message Was Too Large", "error"], ["warning"]]);
  assert.equal(said.error.length, 1);
});

test("live updates that have stopped for another reason are said, and that they are back", async (t) => {
  const { effects, tell, live } = await followed(t);
  for (let n = 0; n < 2; n += 1) tell("state", undefined, { name: "fallback", delay: 9000, reason: error("NOT_FOUND") });
  assert.deepEqual(seenBy(effects), [["Live Updates Have Stopped", "error"]]);
  live();
  assert.deepEqual(seenBy(effects), [["Live Updates Are Back", "success"]]);
  live();
  assert.deepEqual(effects, []);
});

test("a search engine is a line, also when the event names no research", async (t) => {
  const { socket, effects, handler, tell } = await page(t);
  socket.subscribeToResearch("7", handler);
  const metadata = { type: "info", phase: "engine_selected", engine: "searxng", result_count: 10, is_engine_selection: true };
  for (let n = 0; n < 2; n += 1) tell("search_engine_selected", undefined, { engine: "searxng", result_count: 10 });
  tell("engine", "7", { name: "searxng", resultCount: 10 });
  tell("update", "7", { engine: "searxng", result_count: 10 });
  tell("update", "7", { engine: "arxiv", result_count: 3 });
  assert.deepEqual(effects, [
    ["addConsoleLog", "Search engine selected: Searxng (found 10 results)", "info", metadata],
    ["addConsoleLog", "Search engine selected: Arxiv (found 3 results)", "info", { ...metadata, engine: "arxiv", result_count: 3 }],
    ["handler", { engine: "arxiv", result_count: 3 }],
  ]);
});

test("the same function is registered once, and one that throws stops nothing", async (t) => {
  const errors = reported(t);
  const { socket, effects, handler, tell } = await page(t);
  const broken = () => {
    throw new Error("in the page");
  };
  for (const each of [broken, handler, handler, broken]) socket.subscribeToResearch(7, each);
  socket.subscribeToResearch("7", handler);
  tell("update", "7", { progress: 1 });
  assert.deepEqual(effects, [["handler", { progress: 1 }]]);
  assert.deepEqual(errors.map(({ message }) => message), ["in the page"]);
});

test("a handler that unsubscribes keeps the following ones from being called", async (t) => {
  const { socket, effects, handler, tell } = await page(t);
  socket.subscribeToResearch("7", () => socket.unsubscribeFromResearch("7"));
  socket.subscribeToResearch("7", handler);
  tell("update", "7", { progress: 1 });
  assert.deepEqual(effects, []);
});

test("the number of an id goes to the server as it was given", async (t) => {
  const { socket, world } = await page(t);
  socket.subscribeToResearch(7);
  assert.deepEqual(world.connection.of("subscribe"), [[7]]);
});

for (const id of [undefined, null, "", {}, 1.5]) {
  test(`the id ${JSON.stringify(id)} is said to be wrong, and subscribes to nothing`, async (t) => {
    const { socket, world, said } = await page(t);
    socket.subscribeToResearch(id, () => {});
    assert.deepEqual(world.connection.of("subscribe"), []);
    assert.equal(said.warn.length, 1);
    socket.unsubscribeFromResearch(id);
  });
}

test("after unsubscribing nothing is heard, and the same handler can come back", async (t) => {
  const { socket, effects, handler, world, tell } = await page(t);
  socket.subscribeToResearch("7", handler);
  tell("log", "7", liveLine("one"));
  socket.unsubscribeFromResearch(7);
  await settled();
  tell("update", "7", { progress: 1 });
  assert.deepEqual(effects.filter(([name]) => name === "handler"), []);
  t.mock.timers.tick(LINGER_MS);
  assert.deepEqual(world.connection.of("unsubscribe"), [["7"]]);
  socket.subscribeToResearch("7", handler);
  tell("update", "7", { progress: 2 });
  assert.deepEqual(effects.at(-1), ["handler", { progress: 2 }]);
});

test("onReconnect has one slot, is called on each connect, and subscribing there again changes nothing", async (t) => {
  const { socket, effects, handler, world, live } = await page(t);
  socket.subscribeToResearch("7", handler);
  socket.onReconnect(() => effects.push(["first"]));
  socket.onReconnect(() => {
    effects.push(["reconnected"]);
    socket.subscribeToResearch("7", handler);
  });
  live();
  live();
  assert.deepEqual(effects, [["reconnected"], ["reconnected"]]);
  assert.equal(world.connection.of("subscribe").length, 1);
});

test("who is called on a connect finds the connection's own id", async (t) => {
  const { socket, live, tell } = await page(t);
  const seen = [];
  socket.onReconnect(() => seen.push(socket.getSocketInstance().id));
  live();
  tell("connect", undefined, { id: "sid-2" });
  assert.deepEqual(seen, ["sid-1", "sid-2"]);
});

test("what is asked for before the module is there takes effect in its order", async (t) => {
  let loaded;
  const load = () => new Promise((resolve) => (loaded = resolve));
  const { socket, world, handler, effects, live, tell } = await page(t, { load, loaded: false });
  socket.subscribeToResearch("7", handler);
  const instance = socket.init();
  assert.equal(socket.init(), instance);
  assert.equal(socket.getSocketInstance(), instance);
  assert.deepEqual([instance.connected, instance.id, socket.isConnected(), socket.isUsingPolling()], [false, undefined, false, false]);
  instance.on("bounced", (value) => effects.push(["bounced", value])).emit("bounce", 1);
  socket.subscribeToResearch("8");
  socket.unsubscribeFromResearch("8");
  instance.emit("bounce", 2);
  await settled();
  assert.equal(world.connections.length, 0);
  loaded();
  await settled();
  t.mock.timers.tick(LINGER_MS);
  assert.equal(world.connections.length, 1);
  const asked = world.connection.calls.filter(({ method }) => ["subscribe", "unsubscribe", "listen", "emit"].includes(method));
  assert.deepEqual(asked.map(({ method, args }) => [method, args[0]]), [
    ["subscribe", "7"], ["listen", "bounced"], ["emit", '["bounce",1]'], ["subscribe", "8"], ["emit", '["bounce",2]'], ["unsubscribe", "8"],
  ]);
  live();
  tell("event", "bounced", [5]);
  tell("update", "7", { progress: 1 });
  assert.deepEqual(effects, [["bounced", 5], ["handler", { progress: 1 }]]);
  assert.deepEqual([instance.connected, instance.id, socket.isConnected()], [true, "sid-1", true]);
});

test("the instance has handlers as socket.io-client has them", async (t) => {
  const { socket, world, live, tell } = await page(t);
  const instance = socket.getSocketInstance();
  const heard = [];
  const hear = (name) => (...args) => heard.push([name, ...args]);
  const connect = hear("connect");
  const bounced = hear("bounced");
  const once = hear("once");
  instance.on("connect", connect).on("connect", connect).on("disconnect", hear("disconnect")).once("bounced", once).on("bounced", bounced);
  live();
  tell("event", "bounced", [1]);
  tell("event", "bounced", [2]);
  instance.off("connect", connect).off("bounced");
  live();
  tell("event", "bounced", [3]);
  tell("disconnect", undefined, { reason: "transport close", error: error("TRANSPORT") });
  assert.deepEqual(heard, [["connect"], ["once", 1], ["bounced", 1], ["bounced", 2], ["disconnect", "transport close"]]);
  tell("state", undefined, { name: "reconnecting" });
  assert.deepEqual([instance.connected, instance.id], [false, undefined]);
  instance.once("greeted", once);
  for (const n of [4, 5]) tell("event", "greeted", [n]);
  instance.on("greeted", once);
  tell("event", "greeted", [6]);
  assert.deepEqual(heard.splice(5), [["once", 4], ["once", 6]]);
  instance.off();
  tell("disconnect", undefined, { reason: "transport close", error: error("TRANSPORT") });
  tell("event", "greeted", [7]);
  assert.equal(heard.length, 5);
  assert.equal(world.connection.of("listen").at(-1)[1], false);
});

test("the last argument of emit may take the acknowledgement", async (t) => {
  const { socket, tell, said } = await page(t);
  const heard = [];
  socket.getSocketInstance().emit("echo", 1, (answer) => heard.push(answer)).emit("echo", 2, () => heard.push("never"));
  tell("ack", 1, ["one"]);
  tell("ack_error", 2, error("DISCONNECTED"));
  await settled();
  assert.deepEqual(heard, ["one"]);
  assert.match(said.warn[0], /acknowledgement of "echo"/);
});

test("disconnect ends all, once, and init begins anew", async (t) => {
  const { socket, window, world, effects, handler, live, tell } = await page(t);
  const instance = socket.getSocketInstance();
  socket.subscribeToResearch("7", handler);
  socket.onReconnect(() => effects.push(["reconnected"]));
  instance.on("disconnect", (reason) => effects.push(["disconnect", reason]));
  live();
  effects.length = 0;
  window.pollIntervals = { 7: 1 };
  instance.disconnect();
  socket.disconnect();
  assert.deepEqual(effects, [["disconnect", "io client disconnect"]]);
  t.mock.timers.tick(LINGER_MS);
  assert.equal(world.connection.of("close").length, 1);
  assert.deepEqual(window.pollIntervals, {});
  assert.deepEqual([socket.isConnected(), socket.isUsingPolling(), socket.getSocketInstance(), instance.connected], [false, false, null, false]);
  t.mock.timers.tick(60_000);
  await settled();
  assert.equal(world.connections.length, 1);
  // Who has kept the old one does not reach the new connection.
  const again = socket.init();
  assert.notEqual(again, instance);
  instance.emit("lost");
  await settled();
  assert.equal(world.connections.length, 2);
  assert.deepEqual([world.connection.of("emit"), world.connection.of("subscribe")], [[], []]);
  live();
  assert.equal(again.id, "sid-1");
  tell("update", "7", { progress: 1 });
  assert.equal(effects.length, 1);
});

test("a handler that throws at a disconnect of the page's keeps no other from being called", async (t) => {
  const errors = reported(t);
  const { socket, effects, live } = await page(t);
  const instance = socket.getSocketInstance();
  instance.on("disconnect", () => {
    throw new Error("in the page");
  });
  instance.on("disconnect", (reason) => effects.push(["disconnect", reason]));
  live();
  socket.disconnect();
  assert.deepEqual(effects, [["disconnect", "io client disconnect"]]);
  assert.deepEqual(errors.map(({ message }) => message), ["in the page"]);
});

test("a page that disconnects without a connection hears nothing of it, and no handler is called any more", async (t) => {
  const { socket, effects, handler, tell } = await page(t, { has: [] });
  socket.getSocketInstance().on("disconnect", () => effects.push(["disconnect"]));
  socket.subscribeToResearch("7", handler);
  tell("log", "7", liveLine("one"));
  socket.disconnect();
  await settled();
  assert.deepEqual(effects, []);
});

test("what was asked for before a disconnect is forgotten", async (t) => {
  let loaded;
  const { socket, world } = await page(t, { load: () => new Promise((resolve) => (loaded = resolve)), loaded: false });
  socket.subscribeToResearch("7");
  socket.disconnect();
  socket.init().emit("later");
  await settled();
  loaded();
  await settled();
  assert.equal(world.connections.length, 1);
  assert.deepEqual([world.connection.of("subscribe"), world.connection.of("emit").length], [[], 1]);
});

test("a page that disconnects in the moment in which the client is there has none", async (t) => {
  const { window, world } = await page(t, { loaded: false });
  delete window.socket;
  const connect = (/** @type {object} */ options) => {
    const client = world.connect(options);
    client.then(() => window.socket.disconnect());
    return client;
  };
  install(window, Object.assign(connect, { preload: world.connect.preload }));
  const instance = window.socket.init();
  await settled();
  const { connection } = world;
  t.mock.timers.tick(LINGER_MS);
  assert.deepEqual([instance.connected, window.socket.getSocketInstance(), connection.of("close").length], [false, null, 1]);
  await settled();
  const before = world.connections.length;
  window.socket.init();
  await settled();
  assert.equal(world.connections.length, before + 1);
});

test("a page that disconnects and connects at once hears of the new connection", async (t) => {
  const { socket, world, effects, live } = await page(t);
  live();
  socket.disconnect();
  socket.init();
  socket.onReconnect(() => effects.push(["reconnected"]));
  await settled();
  assert.equal(world.connections.length, 2);
  assert.equal(socket.isConnected(), false);
  live();
  assert.deepEqual(effects, [["reconnected"]]);
});

test("a page that disconnects while the module is loading has no connection afterwards", async (t) => {
  let loaded;
  const { socket, world, effects, said } = await page(t, { load: () => new Promise((resolve) => (loaded = resolve)), loaded: false });
  socket.subscribeToResearch("7");
  await settled();
  socket.disconnect();
  loaded();
  t.mock.timers.tick(60_000);
  await settled();
  assert.equal(world.connections.length, 0);
  assert.deepEqual([effects, said.error], [[], []]);
});

test("after three errors the page's own pollResearchStatus begins, once for an outage", async (t) => {
  const { socket, effects, live, tell } = await page(t, { has: ["pollResearchStatus"] });
  socket.subscribeToResearch("7");
  tell("connect_error", undefined, error("TRANSPORT"));
  tell("connect_error", undefined, error("TRANSPORT"));
  assert.deepEqual([effects, socket.isUsingPolling()], [[], false]);
  tell("connect_error", undefined, error("TRANSPORT"));
  tell("state", undefined, { name: "fallback", reason: error("TRANSPORT") });
  tell("connect_error", undefined, error("TRANSPORT"));
  assert.deepEqual([effects, socket.isUsingPolling()], [[["pollResearchStatus", "7"]], true]);
  socket.subscribeToResearch(8);
  assert.deepEqual(effects.at(-1), ["pollResearchStatus", 8]);
  live();
  assert.equal(socket.isUsingPolling(), false);
  tell("update", "7", { status: "completed" });
  for (let n = 0; n < 2; n += 1) tell("connect_error", undefined, error("TRANSPORT"));
  live();
  for (let n = 0; n < 2; n += 1) tell("connect_error", undefined, error("TRANSPORT"));
  assert.equal(effects.length, 2);
  tell("connect_error", undefined, error("TRANSPORT"));
  // Of those that are not over.
  assert.deepEqual(effects.slice(2), [["pollResearchStatus", 8]]);
});

test("without it api.getResearchStatus is asked every 3 s, one at a time, until the connection is back", async (t) => {
  const { window, socket, effects, handler, live, tell } = await page(t);
  const asked = [];
  window.api = { getResearchStatus: (id) => new Promise((resolve, reject) => asked.push({ id, resolve, reject })) };
  socket.subscribeToResearch(7, handler);
  for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("TRANSPORT"));
  t.mock.timers.tick(2999);
  assert.equal(asked.length, 0);
  t.mock.timers.tick(1);
  t.mock.timers.tick(3000);
  assert.deepEqual(asked.map(({ id }) => id), [7]);
  asked[0].resolve({ status: "in_progress", progress: 20, log_entry: { message: "m", time: TIME, type: "MILESTONE" } });
  await settled();
  assert.deepEqual(effects.map(([name, first]) => [name, first.progress ?? first]), [["addConsoleLog", "m"], ["handler", 20]]);
  t.mock.timers.tick(3000);
  live();
  asked[1].resolve({ status: "in_progress", progress: 10 });
  await settled();
  t.mock.timers.tick(30_000);
  assert.equal(effects.length, 2);
  assert.equal(asked.length, 2);
});

for (const first of ["page", "client"]) {
  test(`a line that both find when they ask for the status is shown once, whoever is first: the ${first}`, async (t) => {
    const { window, socket, effects, tell } = await page(t);
    const line = { message: "m", time: new Date().toISOString(), type: "MILESTONE" };
    window.api = { getResearchStatus: async () => ({ status: "in_progress", log_entry: line }) };
    socket.subscribeToResearch("7");
    for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("TRANSPORT"));
    const asks = {
      page: () => t.mock.timers.tick(3000),
      client: () => tell("log", "7", { ...line, level: "milestone", source: "fallback" }),
    };
    for (const who of first === "page" ? ["page", "client"] : ["client", "page"]) {
      asks[who]();
      await settled();
    }
    assert.deepEqual(effects, [["addConsoleLog", "m", "milestone", undefined]]);
  });
}

test("it stops at the end, and a request that fails is said once", async (t) => {
  const { window, socket, effects, handler, tell, said } = await page(t, { has: [] });
  const answers = [new Error("401"), new Error("401"), { status: "suspended", message: "stopped" }];
  let asked = 0;
  window.api = {
    getResearchStatus: async () => {
      const answer = answers[asked++];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  socket.subscribeToResearch("7", handler);
  for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("TRANSPORT"));
  for (let n = 0; n < 5; n += 1) {
    t.mock.timers.tick(3000);
    await settled();
  }
  assert.equal(asked, 3);
  assert.deepEqual(window.pollIntervals, {});
  assert.deepEqual(effects, [["handler", answers[2]]]);
  assert.deepEqual(said.warn.filter((words) => words.includes("401")).length, 1);
  // The client finds out too.
  tell("update", "7", { status: "suspended" });
  tell("end", "7", { status: "suspended", message: null, progress: 0, source: "fallback" });
  assert.equal(effects.length, 1);
});

test("a page that asks for the status at an interval of its own has no second one", async (t) => {
  const { window, socket, tell } = await page(t);
  let asked = 0;
  window.api = { getResearchStatus: async () => void (asked += 1) };
  window.pollIntervals = { 7: 4711 };
  socket.subscribeToResearch("7");
  for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("TRANSPORT"));
  t.mock.timers.tick(30_000);
  assert.deepEqual([asked, window.pollIntervals], [0, { 7: 4711 }]);
});

test("unsubscribing stops the requests of a research", async (t) => {
  const { window, socket, tell } = await page(t);
  let asked = 0;
  window.api = { getResearchStatus: async () => void (asked += 1) };
  socket.subscribeToResearch("7");
  for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("TRANSPORT"));
  assert.deepEqual(Object.keys(window.pollIntervals), ["7"]);
  socket.unsubscribeFromResearch("7");
  t.mock.timers.tick(30_000);
  assert.equal(asked, 0);
});

test("the end is heard once, whoever tells it", async (t) => {
  const { socket, effects, handler, tell } = await page(t, { has: [] });
  socket.subscribeToResearch("7", handler);
  tell("update", "7", { status: "in_progress", progress: 1 });
  tell("update", "7", { status: "completed", progress: 100 });
  tell("update", "7", { status: "completed", progress: 100, message: "again" });
  tell("end", "7", { status: "completed", message: "again", progress: 100, source: "live" });
  assert.deepEqual(effects.map(([, { status }]) => status), ["in_progress", "completed"]);
});

test("an end without an update is heard too", async (t) => {
  const { socket, effects, handler, tell } = await page(t, { has: [] });
  socket.subscribeToResearch("7", handler);
  tell("end", "7", { status: "completed", message: "Done", progress: 100, error: null, source: "fallback" });
  assert.deepEqual(effects, [["handler", { status: "completed", message: "Done", progress: 100, error: null }]]);
});

test("a tab that was told of an end is not told again after a reload, unless the research runs again", async (t) => {
  const storage = new Map();
  const end = { status: "completed", progress: 100 };
  for (const [first, times] of [[[], 1], [[], 0], [[{ status: "in_progress" }], 1]]) {
    const { socket, effects, handler, tell } = await page(t, { has: [], storage });
    t.mock.timers.reset();
    socket.subscribeToResearch("7", handler);
    for (const update of first) tell("update", "7", update);
    tell("update", "7", end);
    tell("end", "7", { ...end, message: null, source: "fallback" });
    assert.equal(effects.filter(([, { status }]) => status === "completed").length, times);
    t.mock.restoreAll();
  }
});

test("a page whose storage is forbidden hears of the end", async (t) => {
  const { window, socket, effects, handler, tell } = await page(t, { has: [] });
  Object.defineProperty(window, "sessionStorage", {
    get() {
      throw new Error("SecurityError");
    },
  });
  socket.subscribeToResearch("7", handler);
  tell("update", "7", { status: "completed" });
  assert.equal(effects.length, 1);
});

test("of the stored log the page gets what it missed, not what was there before it", async (t) => {
  const { socket, effects, tell } = await page(t);
  const heard = [];
  socket.subscribeToResearch("7", ({ log_entry: { message, type } }) => heard.push([message, type]));
  const stored = (message, seconds) => ({
    id: 1, message, log_type: "MILESTONE", level: "milestone", source: "history",
    time: new Date(Date.now() + 1000 * seconds).toISOString().replace(/\.\d+/, ""),
  });
  tell("log", "7", stored("before", -60));
  tell("log", "7", stored("since", 0));
  tell("disconnect", undefined, { reason: "transport close", error: error("TRANSPORT") });
  tell("log", "7", stored("missed", -60));
  // The same words in the same second are two lines: the client has counted them.
  tell("log", "7", stored("missed", -60));
  assert.deepEqual(effects.map(([, message, level]) => [message, level]), [["since", "milestone"], ["missed", "milestone"], ["missed", "milestone"]]);
  await settled();
  assert.deepEqual(heard, [["since", "milestone"], ["missed", "milestone"], ["missed", "milestone"]]);
});

test("a load that fails is said once, in words, and tried again", async (t) => {
  let works = false;
  const load = async () => {
    if (!works) throw new Error("404");
  };
  const { socket, world, effects, said, live, handler, tell } = await page(t, { load, has: ["showNotification", "pollResearchStatus"], loaded: false });
  socket.subscribeToResearch("7", handler);
  await settled();
  const [notification, polled] = effects;
  assert.match(notification[2], /could not be loaded: 404/);
  assert.deepEqual([notification[0], notification[1], ...notification.slice(3)], ["showNotification", "Live Updates Unavailable", "error", 10_000]);
  assert.deepEqual(polled, ["pollResearchStatus", "7"]);
  assert.equal(socket.isUsingPolling(), true);
  t.mock.timers.tick(10_000);
  await settled();
  assert.equal(world.loads, 2);
  works = true;
  t.mock.timers.tick(10_000);
  await settled();
  assert.equal(effects.length, 2);
  assert.equal(said.error.length, 1);
  live();
  assert.deepEqual(effects.at(-1).slice(0, 2), ["showNotification", "Live Updates Are Back"]);
  tell("update", "7", { progress: 3 });
  assert.deepEqual(effects.at(-1), ["handler", { progress: 3 }]);
  assert.equal(socket.isUsingPolling(), false);
});

test("a page that asks meanwhile has the load tried at once, and every ten seconds as before", async (t) => {
  const load = async () => {
    throw new Error("404");
  };
  const { socket, world } = await page(t, { load });
  assert.equal(world.loads, 1);
  for (const id of ["7", "8", "9"]) {
    t.mock.timers.tick(3000);
    socket.subscribeToResearch(id);
    await settled();
  }
  assert.equal(world.loads, 4);
  for (let n = 5; n < 8; n += 1) {
    for (let second = 0; second < 10; second += 1) {
      t.mock.timers.tick(1000);
      await settled();
    }
    assert.equal(world.loads, n);
  }
});

test("what nobody but a person can mend is said once", async (t) => {
  const { socket, effects, said, tell } = await page(t);
  socket.subscribeToResearch("7");
  tell("connect_error", undefined, error("UNAUTHORIZED"));
  tell("state", undefined, { name: "stopped", reason: error("UNAUTHORIZED") });
  tell("state", undefined, { name: "fallback", reason: error("UNAUTHORIZED") });
  assert.deepEqual(effects, [
    ["showNotification", "Live Updates Have Stopped", "words for UNAUTHORIZED", "error", 10_000],
    ["addConsoleLog", "Live Updates Have Stopped: words for UNAUTHORIZED", "error", { phase: "connection" }],
  ]);
  assert.equal(said.error.length, 1);
  assert.equal(socket.isUsingPolling(), true);
});

test("a refusal is shown to people when it has outlasted the first retry", async (t) => {
  const { effects, tell } = await page(t);
  tell("state", undefined, { name: "reconnecting", delay: 5000, reason: error("UNAUTHORIZED") });
  tell("state", undefined, { name: "reconnecting", reason: error("UNAUTHORIZED") });
  assert.deepEqual(effects, []);
  for (const name of ["reconnecting", "fallback"]) tell("state", undefined, { name, delay: 9000, reason: error("UNAUTHORIZED") });
  assert.deepEqual(seenBy(effects), [["Live Updates Have Stopped", "error"], ["error"]]);
});

test("a fault that the package has got over is not shown to people", async (t) => {
  const { socket, effects, tell } = await page(t);
  socket.subscribeToResearch("7");
  tell("state", undefined, { name: "reconnecting", reason: error("INTERNAL") });
  assert.deepEqual(effects, []);
});

test("a failure of the network is not shown to people", async (t) => {
  const { socket, effects, said, tell } = await page(t);
  socket.subscribeToResearch("7");
  for (let n = 0; n < 5; n += 1) tell("connect_error", undefined, error("TRANSPORT"));
  tell("state", undefined, { name: "fallback", reason: error("TRANSPORT") });
  assert.deepEqual([effects, said.error], [[], []]);
});

test("a function of the page that throws stops neither lines nor handlers", async (t) => {
  const errors = reported(t);
  const { window, socket, effects, handler, tell } = await page(t);
  window.addConsoleLog = () => {
    throw new Error("panel");
  };
  socket.subscribeToResearch("7", handler);
  tell("log", "7", liveLine("one"));
  tell("update", "7", { message: "two" });
  assert.deepEqual(effects.map(([name]) => name), ["handler", "handler"]);
  assert.equal(errors.length, 2);
});

test("a wrong emit is shown and throws nothing at the page", async (t) => {
  const errors = reported(t);
  const { socket, world } = await page(t);
  world.answers.emit = new ResearchSocketError("BUFFER_FULL", "Too much waits.");
  socket.getSocketInstance().emit("x", 1);
  assert.deepEqual(errors.map(({ code }) => code), ["BUFFER_FULL"]);
});

test("importing the module without a page does nothing", async () => {
  assert.equal(globalThis.window, undefined);
  await assert.doesNotReject(import("../../pkg-template/compat/socket.js"));
});

test("initializeSocket connects and gives what init gives", async (t) => {
  const { socket, world } = await page(t, { path: "/benchmark/", loaded: false });
  const instance = socket.initializeSocket();
  await settled();
  assert.equal(world.connections.length, 1);
  assert.equal(socket.init(), instance);
  assert.equal(socket.initializeSocket(), instance);
});

test("a chat that subscribes connects, and follows its research", async (t) => {
  const { socket, world, effects, handler, tell } = await page(t, { path: "/chat/3fa85f64", loaded: false });
  socket.subscribeToResearch("3fa85f64-5717", handler);
  await settled();
  assert.deepEqual(world.connection.of("subscribe"), [["3fa85f64-5717"]]);
  tell("update", "3fa85f64-5717", { progress: 3 });
  assert.deepEqual(effects, [["handler", { progress: 3 }]]);
});

test("the function that the page gives for it asks for the status before all others, and can be taken back", async (t) => {
  const { socket, effects, tell } = await page(t, { has: ["pollResearchStatus"] });
  socket.subscribeToResearch(7);
  socket.setPollingFallback((id) => effects.push(["own", id]));
  for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("NETWORK"));
  assert.deepEqual(effects, [["own", 7]]);
  // One that comes when others ask already takes their place.
  socket.setPollingFallback(null);
  assert.deepEqual(effects.splice(0), [["own", 7], ["pollResearchStatus", 7]]);
  socket.setPollingFallback((id) => effects.push(["late", id]));
  assert.deepEqual(effects, [["late", 7]]);
  socket.disconnect();
  effects.length = 0;
  socket.init();
  await settled();
  socket.subscribeToResearch(7);
  for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("NETWORK"));
  assert.deepEqual(effects, [["pollResearchStatus", 7]], "forgotten");
});

test("a polling function of the page's that throws is reported, and stops nothing", async (t) => {
  const errors = reported(t);
  const { socket, tell } = await page(t);
  socket.setPollingFallback(() => {
    throw new Error("in the page");
  });
  for (const id of [7, 8]) socket.subscribeToResearch(id);
  for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("NETWORK"));
  assert.deepEqual(errors.map(({ message }) => message), ["in the page", "in the page"]);
});

for (const id of [12, "12"]) {
  test(`of the benchmark ${JSON.stringify(id)} what the old script heard is told, and nothing is asked of the server`, async (t) => {
    const { socket, world, effects, handler, live, tell } = await page(t, { path: "/benchmark/", has: ["addConsoleLog", "pollResearchStatus"] });
    live();
    socket.subscribeToResearch(id, handler);
    assert.deepEqual(world.connection.of("listen").filter(([event]) => event.includes("progress_")), [["progress_12", true]]);
    assert.deepEqual(["subscribe", "refresh", "emit"].flatMap((method) => world.connection.of(method)), []);
    const payload = { status: "in_progress", example_id: 3, log_entry: { message: "one", type: "INFO", time: TIME } };
    tell("event", "progress_12", [payload]);
    tell("event", "progress_12", [null]);
    assert.deepEqual(effects, [["addConsoleLog", "one", "info", undefined], ["handler", payload]]);
    effects.length = 0;
    // What the server does send of benchmarks would be nonsense to the page: "Example undefined: in_progress".
    tell("event", "research_progress_12", [{ status: "in_progress", completed: 3, total: 10 }]);
    // A server that is gone changes nothing.
    for (let n = 0; n < 3; n += 1) tell("connect_error", undefined, error("NETWORK"));
    assert.ok(socket.isUsingPolling());
    assert.deepEqual(effects, []);
    socket.unsubscribeFromResearch(id);
    tell("event", "progress_12", [payload]);
    assert.deepEqual(effects, []);
    assert.deepEqual(world.connection.of("listen").at(-1), ["progress_12", false]);
    assert.deepEqual(world.connection.of("unsubscribe"), []);
  });
}

test("on the page of benchmarks an id that is no number is a research's, and elsewhere a number is", async (t) => {
  const here = await page(t, { path: "/benchmark/results" });
  here.socket.subscribeToResearch("3fa85f64-5717");
  assert.deepEqual(here.world.connection.of("subscribe"), [["3fa85f64-5717"]]);
  t.mock.timers.reset();
  t.mock.restoreAll();
  const there = await page(t, { path: "/progress/12" });
  there.socket.subscribeToResearch(12);
  assert.deepEqual(there.world.connection.of("subscribe"), [[12]]);
});

test("attributes of the script's tag are options, each as what it is", async (t) => {
  const { world, said } = await page(t, {
    dataset: {
      path: "/app/socket.io", url: "https://there.example", flushLogs: "false", persistent: "", reconnectionAttempts: "Infinity", stallAfter: "false", randomizationFactor: "0.25",
      fallback: "true", fallbackInterval: "5000", fallbackStatusPath: "/app/api/research/{id}/status", dedupEntries: "50", timeout: " 9000 ",
    },
  });
  assert.deepEqual(said.warn, []);
  const { group, ...options } = world.connection.options;
  assert.deepEqual(options, {
    path: "/app/socket.io", url: "https://there.example", flushLogs: false, persistent: true, reconnectionAttempts: Infinity, stallAfter: false, randomizationFactor: 0.25,
    fallback: { interval: 5000, statusPath: "/app/api/research/{id}/status" }, dedup: { entries: 50 }, timeout: 9000, transports: UPGRADE,
  });
});

for (const [text, transports] of [["polling", ["polling"]], ["websocket", ["websocket"]], ["websocket,polling", ["websocket", "polling"]], [" polling ,\n websocket ", UPGRADE]]) {
  test(`data-transports=${JSON.stringify(text)}: a list`, async (t) => {
    const { world, said } = await page(t, { dataset: { transports: text } });
    assert.deepEqual([world.connection.options.transports, said.warn], [transports, []]);
  });
}

for (const text of ["", "webtransport", "polling, ", "polling polling", "WebSocket", "[\"polling\"]", "polling,websocket,polling"]) {
  test(`data-transports=${JSON.stringify(text)}: named, and left out`, async (t) => {
    const { world, said } = await page(t, { dataset: { transports: text } });
    const words = 'option `transports` must be ["polling"], ["websocket"], or both in either order';
    assert.deepEqual(said.warn, [`research-socket: attribute \`data-transports\` has no effect: ${words}`]);
    assert.deepEqual(world.connection.options.transports, UPGRADE);
  });
}

for (const dataset of [{ fallback: "false", fallbackInterval: "5000" }, { fallbackInterval: "5000", fallback: "false" }]) {
  test(`what switches all of it off counts: ${Object.keys(dataset)}`, async (t) => {
    const { world } = await page(t, { dataset });
    assert.equal(world.connection.options.fallback, false);
  });
}

test("an attribute that is wrong is named in the words for the option, and left out", async (t) => {
  const { world, said } = await page(t, {
    dataset: { timeout: "soon", history: "yes", stallAfter: "5", fallbackInterval: "", path: "//evil.example", url: "ftp://there.example", fallback: "off", maxEmitBuffer: "0x", namespace: "/n" },
  });
  const wrong = (name, words) => `research-socket: attribute \`data-${name}\` has no effect: option ${words}`;
  assert.deepEqual(said.warn, [
    wrong("timeout", "`timeout` must be a number"),
    wrong("history", "`history` must be true or false"),
    wrong("stall-after", "`stallAfter` must be a whole number of milliseconds from 1000 to 86400000, or false"),
    wrong("fallback-interval", "`fallback.interval` must be a number"),
    wrong("path", "`path` must be a path as in an address: one / at its start, no `.` or `..` in it, special characters percent-encoded"),
    wrong("url", "`url` must begin with http:// or https://"),
    wrong("fallback", "`fallback` must be an object or false"),
    wrong("max-emit-buffer", "`maxEmitBuffer` must be a number"),
  ]);
  const { group, ...options } = world.connection.options;
  assert.deepEqual(options, { namespace: "/n", url: "https://app.example", transports: UPGRADE });
});

test("an attribute that is misspelt is named, one of connect() as well, and those of others are not", async (t) => {
  const { world, said } = await page(t, {
    dataset: { flushlogs: "false", pth: "/x", fallbackIntervall: "500", maxLogs: "9", auth: "x", forceNew: "", turboTrack: "reload", cfasync: "false", "": "x", ["x".repeat(10_000)]: "" },
  });
  const misspelt = (name, near) => `research-socket: attribute \`data-${name}\` is not known and has no effect. Did you mean \`data-${near}\`?`;
  const elsewhere = (name) => `research-socket: attribute \`data-${name}\` has no effect: it is an option of connect() only.`;
  assert.deepEqual(said.warn, [
    misspelt("flushlogs", "flush-logs"), misspelt("pth", "path"), misspelt("fallback-intervall", "fallback-interval"),
    elsewhere("max-logs"), elsewhere("auth"), elsewhere("force-new"),
  ]);
  const { group, ...options } = world.connection.options;
  assert.deepEqual(options, { url: "https://app.example", transports: UPGRADE });
});

for (const [text, share] of [[undefined, true], ["", true], ["true", true], ["anna", "anna"]]) {
  test(`data-share="${text}": the page shares with other tabs`, async (t) => {
    const { world } = await page(t, { dataset: text === undefined ? {} : { share: text } });
    assert.deepEqual(JSON.parse(world.connection.options.group)[1], share);
  });
}

test("data-share=\"false\": the page shares with no other tab", async (t) => {
  const { world } = await page(t, { dataset: { share: "false" } });
  assert.equal("group" in world.connection.options, false);
  assert.deepEqual(world.scouts, []);
});

test("the guide has each attribute, and no other", async () => {
  const guide = await readFile(new URL("../../docs/guides/old-script.md", import.meta.url), "utf8");
  const rows = guide.split("\n").filter((line) => line.startsWith("| `data-"));
  const named = rows.flatMap((row) => [...row.split("|")[1].matchAll(/`data-([a-z-]+)`/g)].map(([, name]) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())));
  const options = ["element", "share", "url", ...RULES.map(([name]) => name.replace(/\.(.)/, (_, letter) => letter.toUpperCase()))];
  assert.deepEqual(named.toSorted(), options.filter((name) => name !== "dedup").toSorted());
  const said = [];
  for (const name of named) for (const read of [optionsOf, wantsElement]) read({ [name]: "?" }, (words) => said.push(words));
  assert.deepEqual(said.filter((words) => !/has no effect: (option `|it must be)/.test(words)), [], "known");
  // Of these any text is a name.
  assert.equal(said.length, named.length - ["share"].length);
});

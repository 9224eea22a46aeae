// The first requests of an old page's connection, which are made while the core is on its way. Each answer is held back until the test
// gives it, so that what is asked for before it waits for nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { headStart } from "../../pkg-template/compat/head-start.js";
import { install } from "../../pkg-template/compat/socket.js";
import { fake, settled } from "./fake.mjs";

const URL_ = "https://app.example";
const POLLING = `${URL_}/socket.io/?EIO=4&transport=polling`;
const SESSION = `${POLLING}&sid=s-1`;
const OPEN = '0{"sid":"s-1","upgrades":[],"pingTimeout":20000,"pingInterval":5000,"maxPayload":1000000}';
const GRANT = '40{"sid":"n-1"}';
const SUBSCRIBE = '42["subscribe_to_research",{"research_id":"7"}]';
const LOGS = `${URL_}/api/research/7/logs`;

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** A page whose requests are answered by the test. */
function page() {
  const asked = [];
  const window = Object.assign(new EventTarget(), {
    fetch(request, init) {
      const answer = deferred();
      const entry = { request, init, answer, key: `${request.method} ${request.url.replace(/&t=\w+/, "")}` };
      request.signal.addEventListener("abort", () => answer.reject(request.signal.reason));
      asked.push(entry);
      return answer.promise;
    },
  });
  const world = {
    window,
    /** Everything that was asked for, as text. */
    asked: () => Promise.all(asked.map(async ({ key, request }) => [key, request.bodyUsed ? "" : await request.clone().text()].join(" ").trim())),
    first: () => asked[0],
    last: () => asked.at(-1),
    /** Answers the oldest request like this that has no answer. */
    async answer(key, text = "", status = 200) {
      const entry = asked.find((each) => each.key === key && !each.isAnswered);
      assert.ok(entry, `${key} is not asked for`);
      entry.isAnswered = true;
      const response = new Response(text, { status });
      entry.answer.resolve(response);
      await settled();
      return response;
    },
    signal: (n) => asked[n].request.signal,
  };
  return world;
}

/** What the core asks for. */
function request(method, address, body) {
  const controller = new AbortController();
  const made = new Request(address.replace("polling", "polling&t=core0001"), { method, body, signal: controller.signal });
  return { made, abort: () => controller.abort() };
}

const BEGIN = [`GET ${POLLING}`];
const START = [...BEGIN, `POST ${SESSION} 40`, `GET ${SESSION}`, `GET ${LOGS}`];
const SUBSCRIBED = [...START, `POST ${SESSION} ${SUBSCRIBE}`, `GET ${SESSION}`];

/** A page that has asked for all that can be asked for ahead. */
async function ahead(given = {}) {
  const world = page();
  const start = headStart(world.window, { url: URL_, ...given }, "7");
  const answers = [await world.answer(`GET ${POLLING}`, OPEN), await world.answer(`GET ${SESSION}`, GRANT), await world.answer(`POST ${SESSION}`, "OK"), await world.answer(`POST ${SESSION}`, "OK")];
  return { ...world, start, answers };
}

test("each request waits for what the server has to say first, and for nothing else", async () => {
  const world = page();
  headStart(world.window, { url: URL_ }, "7");
  await settled();
  assert.deepEqual(await world.asked(), BEGIN);
  await world.answer(`GET ${POLLING}`, OPEN);
  assert.deepEqual(await world.asked(), START);
  await world.answer(`POST ${SESSION}`, "OK");
  assert.deepEqual(await world.asked(), START, "it has not granted the namespace");
  await world.answer(`GET ${SESSION}`, GRANT);
  assert.deepEqual(await world.asked(), SUBSCRIBED);
  await world.answer(`GET ${SESSION}`, "2");
  assert.deepEqual(await world.asked(), SUBSCRIBED, "the log from before the subscription may lack lines");
  await world.answer(`POST ${SESSION}`, "OK");
  assert.deepEqual(await world.asked(), [...SUBSCRIBED, `GET ${LOGS}`]);
});

test("the core is given the answers, each once and whole, and asks for nothing again that was asked for", async () => {
  const { start, asked } = await ahead();
  const before = await asked();
  const take = (method, address, body) => start.take(request(method, address, body).made, {}, body);
  const given = async (...args) => {
    const response = await take(...args);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await given("GET", POLLING), [200, OPEN]);
  assert.deepEqual(await given("POST", SESSION, "40"), [200, "OK"]);
  assert.deepEqual(await given("GET", SESSION), [200, GRANT]);
  assert.deepEqual(await given("POST", SESSION, SUBSCRIBE), [200, "OK"]);
  for (const address of [SESSION, LOGS, LOGS]) assert.ok(take("GET", address), address);
  for (const address of [SESSION, LOGS, POLLING]) assert.equal(take("GET", address), undefined, address);
  assert.equal(take("POST", SESSION, "3"), undefined);
  assert.deepEqual(await asked(), before);
});

test("nothing is kept of an answer without end, and nothing is asked behind it", async () => {
  const world = page();
  const start = headStart(world.window, { url: URL_ }, "7");
  let pulls = 0;
  const pull = (controller) => void ((pulls += 1), controller.enqueue(new Uint8Array(1 << 20)));
  const isOver = new Promise((cancel) => void world.answer(`GET ${POLLING}`, new ReadableStream({ pull, cancel })));
  await isOver;
  assert.ok(pulls < 40, `${pulls} MiB`);
  const response = await start.take(request("GET", POLLING).made, {});
  assert.equal(await response.text(), "");
  assert.deepEqual(await world.asked(), BEGIN);
});

test("once the core has begun, only the core asks", async () => {
  const world = page();
  const start = headStart(world.window, { url: URL_ }, "7");
  assert.ok(start.take(request("GET", POLLING).made, {}));
  await world.answer(`GET ${POLLING}`, OPEN);
  world.window.dispatchEvent(new Event("pagehide"));
  start.end();
  await settled();
  assert.deepEqual(await world.asked(), BEGIN);
});

test("what the core sends besides follows what was sent, and what the page follows no more is let go of", async () => {
  const more = '42["subscribe_to_research",{"research_id":"8"}]';
  for (const [text, rest] of [
    [[more, SUBSCRIBE, '42["mine"]'], [more, '42["mine"]']],
    [['42["mine"]'], ['42["mine"]', SUBSCRIBE.replace("subscribe_to", "unsubscribe_from")]],
  ]) {
    const world = page();
    const start = headStart(world.window, { url: URL_ }, "7");
    await world.answer(`GET ${POLLING}`, OPEN);
    await world.answer(`GET ${SESSION}`, GRANT);
    await world.answer(`POST ${SESSION}`, "OK");
    const take = (method, address, body) => start.take(request(method, address, body).made, { keepalive: true }, body);
    void take("GET", POLLING), take("POST", SESSION, "40"), take("GET", SESSION);
    const answer = take("POST", SESSION, text.join("\x1e"));
    await settled();
    assert.deepEqual(await world.asked(), SUBSCRIBED, "the server takes one POST at a time");
    await world.answer(`POST ${SESSION}`, "OK");
    assert.deepEqual((await world.asked()).at(-1), `POST ${SESSION} ${rest.join("\x1e")}`);
    assert.deepEqual(world.last().init, { keepalive: true });
    const last = await world.answer(`POST ${SESSION}`, "OK");
    assert.equal(await answer, last, "that of the second");
  }
});

for (const [how, leave] of [
  ["the page goes", ({ window }) => window.dispatchEvent(new Event("pagehide"))],
  ["nobody connects any more", ({ start }) => start.end()],
  ["the core asks another server", ({ start }) => assert.equal(start.take(request("GET", "https://other.example/socket.io/?EIO=4&transport=polling").made, {}), undefined)],
  ["the core stops at the handshake", ({ core }) => core.abort()],
]) {
  test(`a session that is there says goodbye once when ${how}`, async () => {
    const world = await ahead();
    const core = request("GET", POLLING);
    if (how.includes("stops")) world.start.take(core.made, {});
    leave({ ...world, core });
    const since = async () => (await world.asked()).slice(SUBSCRIBED.length + 1);
    await settled();
    assert.deepEqual(await since(), [`POST ${SESSION} 1`]);
    world.start.end();
    await settled();
    assert.equal((await since()).length, 1);
  });
}

test("a session whose handshake is under way is left when it is there, and asks for nothing", async () => {
  const world = page();
  const start = headStart(world.window, { url: URL_ }, "7");
  start.end();
  assert.equal(world.signal(0).aborted, false, "the server would keep a session that nobody can end");
  await world.answer(`GET ${POLLING}`, OPEN);
  assert.deepEqual(await world.asked(), [...BEGIN, `POST ${SESSION} 1`]);
  assert.equal(start.take(request("GET", POLLING).made, {}), undefined);
});

test("what is under way ends with the session, and where the core ends it", async () => {
  const world = await ahead();
  const core = request("GET", SESSION);
  world.start.take(request("GET", POLLING).made, {});
  world.start.take(request("GET", SESSION).made, {});
  const poll = world.start.take(core.made, {});
  core.abort();
  await assert.rejects(poll, { name: "AbortError" });

  const other = await ahead();
  other.start.end();
  assert.ok(other.signal(5).aborted, "the poll");
});

test("a session that waited for so long that the server may have ended it is not taken", async (t) => {
  for (const [waited, isTaken] of [[9_900, true], [10_100, false]]) {
    let now = 1000;
    const clock = t.mock.method(performance, "now", () => now);
    const { start, asked } = await ahead();
    now += waited;
    assert.equal(start.take(request("GET", POLLING).made, {}) !== undefined, isTaken);
    assert.equal((await asked()).at(-1) === `POST ${SESSION} 1`, !isTaken);
    clock.mock.restore();
  }
});

/** @param {string[]} asked */
const withoutLogs = (asked) => asked.filter((each) => each !== `GET ${LOGS}`);

for (const [what, given, id, expected] of [
  ["no research", {}, undefined, withoutLogs(START)],
  ["a research whose id an address has otherwise", {}, "a b", withoutLogs(START)],
  ["no stored log", { history: false }, "7", withoutLogs(SUBSCRIBED)],
  ["a stored log that is asked for when there is a connection", { earlyHistory: false }, "7", [...withoutLogs(SUBSCRIBED), `GET ${LOGS}`]],
  ["a path of its own", { logsPath: "/l/{id}" }, "7", [...SUBSCRIBED, `GET ${LOGS}`].map((asked) => asked.replace(LOGS, `${URL_}/l/7`))],
  ["a path with a slash at its end", { path: "/socket.io/" }, "7", [...SUBSCRIBED, `GET ${LOGS}`]],
]) {
  test(`with ${what} it asks for what the core will ask for`, async () => {
    const world = page();
    headStart(world.window, { url: URL_, ...given }, id);
    await world.answer(`GET ${POLLING}`, OPEN);
    await world.answer(`GET ${SESSION}`, GRANT);
    await world.answer(`POST ${SESSION}`, "OK");
    if (expected.some((asked) => asked.includes("subscribe"))) await world.answer(`POST ${SESSION}`, "OK");
    assert.deepEqual(await world.asked(), expected);
  });
}

test("where the namespace is refused nothing is subscribed to", async () => {
  const world = page();
  headStart(world.window, { url: URL_ }, "7");
  await world.answer(`GET ${POLLING}`, OPEN);
  await world.answer(`GET ${SESSION}`, '44{"message":"sign in"}');
  await world.answer(`POST ${SESSION}`, "OK");
  assert.deepEqual(await world.asked(), START);
});

test("a redirect that was not followed is the core's to see as it is", async () => {
  const world = page();
  const start = headStart(world.window, { url: URL_ }, "7");
  // What a page gets of one has no status either.
  const redirected = Response.error();
  world.first().answer.resolve(redirected);
  await settled();
  assert.equal(await start.take(request("GET", POLLING).made, {}), redirected);
});

test("no request is asked for at another address than the core's, but for what keeps caches out", async () => {
  const paths = ["/socket.io", "/a=polling&t=1/x"];
  const asked = await Promise.all(
    paths.map(async (path) => {
      const world = page();
      headStart(world.window, { url: URL_, path }, "7");
      return new URL(world.first().request.url);
    }),
  );
  assert.deepEqual(asked.map(({ pathname }) => pathname), paths.map((path) => `${path}/`));
  assert.deepEqual(asked.map(({ searchParams }) => [...searchParams.keys()]), paths.map(() => ["EIO", "transport", "t"]));
});

for (const [what, answer] of [
  ["404", ["", 404]],
  ["a page", ["<html>", 200]],
  ["no id", ["0{}", 200]],
  ["an id that an address has otherwise", [OPEN.replace("s-1", "s/1"), 200]],
]) {
  test(`a handshake that is answered with ${what} is the core's to read, and nothing is asked behind it`, async () => {
    const world = page();
    const start = headStart(world.window, { url: URL_ }, "7");
    await world.answer(`GET ${POLLING}`, ...answer);
    assert.deepEqual(await world.asked(), BEGIN);
    const response = await start.take(request("GET", POLLING).made, {});
    assert.deepEqual([await response.text(), response.status], answer);
  });
}

test("an old page asks while its core is on its way, as soon as it follows a research", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const core = deferred();
  const world = page();
  const facade = fake({ load: () => core.promise });
  Object.assign(world.window, { location: { pathname: "/progress/7" }, sessionStorage: { getItem: () => null } });
  install(world.window, facade.connect);
  await settled();
  assert.deepEqual(await world.asked(), [], "it may still disconnect");
  world.window.socket.subscribeToResearch("7");
  await settled();
  await world.answer(`GET ${POLLING}`, OPEN);
  await world.answer(`GET ${SESSION}`, GRANT);
  await world.answer(`POST ${SESSION}`, "OK");
  assert.deepEqual(await world.asked(), SUBSCRIBED);
  core.resolve("js");
  await settled();
  const { host } = facade.connection;
  const { made } = request("GET", POLLING);
  assert.equal(await (await host.fetch(URL_, made, {})).text(), OPEN);

  // Later ones it makes when the core is there.
  world.window.socket.disconnect();
  world.window.socket.subscribeToResearch("7");
  await settled();
  assert.equal(facade.connections.length, 2);
  assert.deepEqual(await world.asked(), SUBSCRIBED);
});

for (const [how, act] of [
  ["disconnects", ({ window }) => window.socket.disconnect()],
  ["has no core", ({ core }) => core.reject(new TypeError("Failed to fetch"))],
  ["disconnects before the core has begun", async ({ window, core }) => (core.resolve("js"), await settled(), window.socket.disconnect())],
]) {
  test(`a page that ${how} leaves the session that it has opened`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    for (const kind of ["warn", "error"]) t.mock.method(console, kind, () => {});
    const core = deferred();
    const world = page();
    const facade = fake({ load: () => core.promise });
    Object.assign(world.window, { location: { pathname: "/progress/7" }, sessionStorage: { getItem: () => null } });
    install(world.window, facade.connect);
    world.window.socket.subscribeToResearch("7");
    await settled();
    await world.answer(`GET ${POLLING}`, OPEN);
    await act({ ...world, core });
    await settled();
    assert.deepEqual((await world.asked()).at(-1), `POST ${SESSION} 1`);
  });
}

for (const [transports, asked] of [["websocket", 0], ["websocket,polling", 0], ["polling", 1], ["polling,websocket", 1]]) {
  test(`data-transports="${transports}": ${asked ? "the handshake does not wait" : "nothing is asked of long-polling"} while the core is on its way`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    const world = page();
    const facade = fake({ load: () => deferred().promise });
    Object.assign(world.window, { location: { pathname: "/progress/7" }, sessionStorage: { getItem: () => null } });
    install(world.window, facade.connect, { transports });
    world.window.socket.subscribeToResearch("7");
    await settled();
    assert.deepEqual(await world.asked(), START.slice(0, asked));
  });
}

// The faults themselves, seen by Node: each does what its name says, and the same seed draws the same ones.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { startProxy } from "../../servers/proxy.mjs";
import { startHttp } from "../support/servers.mjs";
import { until } from "../support/until.mjs";
import { planOf } from "./plan.mjs";

const BODY = "line of the body\n".repeat(100);

/**
 * A proxy before a server that answers `BODY`, and how to ask it.
 * @param {import("node:test").TestContext} t
 */
async function start(t) {
  const asked = /** @type {string[]} */ ([]);
  const { url } = await startHttp(t, (request, response) => {
    asked.push(request.url ?? "");
    response.end(BODY);
  });
  const proxy = await startProxy({ target: url });
  t.after(() => proxy.close());
  /** What comes over a connection of its own, and how it ends. @returns {Promise<{ got: string, end: string }>} */
  const ask = (path = "/") =>
    new Promise((resolve) => {
      let got = "";
      const done = (/** @type {string} */ end) => resolve({ got, end });
      http
        .get(proxy.url + path, { agent: false }, (response) => {
          response.setEncoding("utf8").on("data", (text) => (got += text));
          response.on("end", () => done("end"));
          response.on("error", (error) => done(/** @type {any} */ (error).code));
        })
        .on("error", (error) => done(/** @type {any} */ (error).code));
    });
  return { proxy, ask, asked };
}

const WHOLE = { got: BODY, end: "end" };

test("a connection is refused, reset, cut, throttled or in halves, each by its own fault", async (t) => {
  const { proxy, ask, asked } = await start(t);
  proxy.afflict([
    { kind: "refuse" },
    { kind: "reset", way: "up", message: 1, after: 5 },
    { kind: "reset", way: "down", message: 1, after: 0 },
    { kind: "cut", way: "down", message: 1, after: 800 },
    { kind: "throttle", rate: 50 },
    { kind: "halve", seed: 1 },
    undefined,
  ]);
  assert.deepEqual(await ask("/1"), { got: "", end: "ECONNRESET" });
  assert.deepEqual(await ask("/2"), { got: "", end: "ECONNRESET" });
  assert.deepEqual(asked, []);
  // The server has answered, and nobody knows.
  assert.deepEqual(await ask("/3"), { got: "", end: "ECONNRESET" });
  const cut = await ask("/4");
  assert.ok(cut.got.length > 0 && cut.got.length < BODY.length && BODY.startsWith(cut.got), JSON.stringify(cut));
  assert.equal(cut.end, "ECONNRESET", "what Node says of an end within a body");
  for (const path of ["/5", "/6", "/7"]) assert.deepEqual(await ask(path), WHOLE);
  assert.deepEqual(asked, ["/3", "/4", "/5", "/6", "/7"]);
  assert.deepEqual(proxy.counts(), { accepted: 7, struck: 6, repeated: 0 });
});

test("a silent connection takes everything, answers nothing, and ends when it is mended", async (t) => {
  for (const [way, isAsked] of /** @type {const} */ ([["up", false], ["down", true]])) {
    const { proxy, ask, asked } = await start(t);
    proxy.afflict([{ kind: "silent", way, message: 1, after: 0 }]);
    const silent = ask();
    await until("it is silent", () => proxy.counts().struck === 1);
    assert.deepEqual(await ask("/other"), WHOLE);
    assert.equal(asked.includes("/"), isAsked);
    proxy.mend("end");
    assert.deepEqual(await silent, { got: "", end: "ECONNRESET" });
  }
});

test("nobody gets through a door that is shut, and all do when it is open again", async (t) => {
  const { proxy, ask } = await start(t);
  proxy.shut();
  assert.equal((await ask()).end, "ECONNREFUSED");
  await proxy.open();
  assert.deepEqual(await ask(), WHOLE);
});

test("a request to a session that comes twice is counted", async (t) => {
  const { proxy, ask } = await start(t);
  for (const path of ["/socket.io/?t=a", "/socket.io/?t=a", "/socket.io/?t=b&sid=1", "/socket.io/?t=c&sid=1"]) await ask(path);
  assert.equal(proxy.counts().repeated, 0);
  await ask("/socket.io/?t=b&sid=1");
  assert.equal(proxy.counts().repeated, 1);
});

test("a seed draws the same plan each time, and two hundred have each fault, browser and server", () => {
  const plans = Array.from({ length: 200 }, (_, n) => planOf(n + 1));
  assert.deepEqual(plans, Array.from({ length: 200 }, (_, n) => planOf(n + 1)));
  const kinds = new Set(plans.flatMap(({ faults }) => faults.map((fault) => (fault && "way" in fault ? `${fault.kind} ${fault.way}` : fault?.kind))));
  assert.equal(kinds.size, 10, [...kinds].join());
  assert.equal(new Set(plans.map(({ browser, server }) => `${browser} ${server}`)).size, 6);
  assert.deepEqual(new Set(plans.map(({ joins }) => joins.length)), new Set([1, 2, 3, 4]));
});

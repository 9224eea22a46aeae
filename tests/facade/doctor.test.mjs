// The doctor without a browser: what its declarations name, and that it asks for a page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { CODES } from "../../pkg-template/doctor/findings.js";
import { Visit } from "../../pkg-template/doctor/visit.js";
import { doctor } from "../../pkg-template/doctor.js";

test("each code is declared, with words for it, and each declared one is there", async () => {
  const text = await readFile(new URL("../../pkg-template/doctor.d.ts", import.meta.url), "utf8");
  const [, union] = text.match(/export type FindingCode =([^;]*);/);
  const codes = Object.keys(CODES);
  assert.deepEqual(Array.from(union.matchAll(/"(\w+)"/g), ([, code]) => code), codes);
  const explained = Array.from(text.matchAll(/^ \* - `(\w+)`:/gm), ([, code]) => code);
  assert.deepEqual(explained, codes);
});

/** As much of a page as is there before the first request. */
function page(t) {
  Object.assign(globalThis, { document: new EventTarget(), location: new URL("https://app.example/") });
  t.after(() => {
    delete globalThis.document;
    delete globalThis.location;
  });
  t.mock.method(globalThis, "fetch", () => assert.fail("nothing is asked of the server"));
}

/** What is under way without a timer is over. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

const never = () => new Promise(() => {});

test("a function of the page's that gives nothing ends with the time-out", async (t) => {
  page(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = doctor({ auth: never, timeout: 5000 });
  const ended = assert.rejects(asked, /`auth`, `headers` or `query`.*5 s/);
  await new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.tick(5000);
  await ended;
});

test("a signal that aborts while the page's own functions are asked is followed at once", async (t) => {
  page(t);
  const life = new AbortController();
  const reason = new Error("gone");
  const ended = assert.rejects(doctor({ headers: never, signal: life.signal }), reason);
  life.abort(reason);
  await ended;
});

test("what connect() would refuse is no finding about the server: headers that no browser sends, and more than a day", async (t) => {
  page(t);
  await assert.rejects(doctor({ headers: { "X Tenant": "blue" } }), (error) => error instanceof TypeError && /`headers`.*X Tenant/.test(error.message));
  await assert.rejects(doctor({ timeout: 86_400_001 }), RangeError);
});

/** What a browser gives of a redirect that it was told not to follow. */
const opaqueRedirect = () => ({ type: "opaqueredirect", status: 0, redirected: false, headers: new Headers(), body: null, text: async () => "" });

test("headers and data are never sent on by a redirect, which is found to be one", async (t) => {
  page(t);
  const asked = [];
  globalThis.fetch.mock.mockImplementation(async (address, { headers, body, redirect = "follow" }) => {
    asked.push({ carries: headers.length > 0 || body !== undefined, redirect });
    if (redirect === "manual") return opaqueRedirect();
    throw new TypeError("the other origin lets nobody read");
  });
  const { findings } = await doctor({ headers: { "X-Token": "t" } });
  assert.deepEqual(findings.map(({ code }) => code), ["LOGIN_REDIRECT"]);
  assert.match(findings[0].message, /sends requests on to another address/);
  assert.match(findings[0].setting, /^Sign in .* `url` and `path` to where the redirect leads\.$/);
  assert.deepEqual(asked, [{ carries: true, redirect: "manual" }]);
});

test("a session whose data is sent on is one to sign in for", async (t) => {
  page(t);
  const asked = [];
  globalThis.fetch.mock.mockImplementation(async (address, { method, signal, redirect }) => {
    asked.push(`${method} ${redirect}`);
    if (method === "POST") return opaqueRedirect();
    if (!address.includes("sid=")) return new Response('0{"sid":"x","pingInterval":25000}');
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const { findings } = await doctor();
  assert.deepEqual(findings.map(({ code }) => code), ["LOGIN_REDIRECT"]);
  assert.match(findings[0].message, /opens a session, and then sends requests on to another address/);
  assert.deepEqual(asked, ["GET follow", "GET follow", "POST manual", "POST manual"]);
});

/**
 * A server, and what becomes of the polls of sessions that send nothing, one after the other: an answer, or nothing for a connection
 * that breaks. All other polls are answered at once.
 */
function server(t, held, { pingInterval = 25_000, pingTimeout = 20_000 } = {}) {
  page(t);
  const waiting = new Map();
  let sessions = 0;
  globalThis.fetch.mock.mockImplementation(async (address, { method, body, signal }) => {
    const sid = new URL(address).searchParams.get("sid");
    if (!sid) return new Response(`0${JSON.stringify({ sid: `s${(sessions += 1)}`, pingInterval, pingTimeout, upgrades: [] })}`);
    // The doctor's first session is that of all its other questions.
    if (method === "POST") {
      if (body.startsWith("40")) waiting.get(sid)?.(new Response(body.startsWith("40/") ? "44/research-socket-doctor,{}" : "40"));
      return new Response("ok");
    }
    if (sid !== "s1") {
      if (held.length > 0) return held.shift()?.() ?? Promise.reject(new TypeError("broken off"));
    }
    return new Promise((resolve, reject) => {
      waiting.set(sid, resolve);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
}

const ping = () => new Response("2");
const answer = (status, headers) => () => new Response("", { status, headers });
const quiet = { debug() {} };

test("a patient doctor finds nothing where a poll is answered with the ping, and a hasty one does not look", async (t) => {
  server(t, [ping]);
  const { findings, fine, unchecked } = await doctor({ patient: true, logger: quiet });
  assert.deepEqual([findings, unchecked], [[], ["CLOCK_SKEW"]]);
  assert.ok(fine.some(({ code }) => code === "PROXY_TIMEOUT"));
  const hasty = await doctor();
  assert.ok(!JSON.stringify(hasty).includes("PROXY_TIMEOUT"));
});

test("a proxy that says that it has waited long enough is found at once, by its name", async (t) => {
  server(t, [answer(504, { server: "nginx/1.22.1" })]);
  const { findings } = await doctor({ patient: true, logger: quiet });
  assert.deepEqual(findings.map(({ code, severity }) => [code, severity]), [["PROXY_TIMEOUT", "warning"]]);
  assert.match(findings[0].message, /ping, which comes every 25 s, does not get through: a poll was answered 504 by nginx\/1\.22\.1 after \d+\.\d s\. /);
  assert.match(findings[0].setting, /more than 25 s \(nginx: `proxy_read_timeout`; HAProxy: `timeout server`, and `timeout tunnel`.*`ping_interval`/);
});

test("whatever else ends a poll is a proxy's time-out if it does so twice", async (t) => {
  for (const [end, words] of [[undefined, "ended without an answer"], [answer(502), "was answered 502"], [answer(400), "was answered 400"]]) {
    await t.test(words, async (t) => {
      server(t, [end, ping]);
      assert.deepEqual((await doctor({ patient: true, logger: quiet })).findings, []);
      server(t, [end, end]);
      const [{ code, message }] = (await doctor({ patient: true, logger: quiet })).findings;
      assert.equal(code, "PROXY_TIMEOUT");
      assert.match(message, new RegExp(`: a poll ${words} after \\d+\\.\\d s, and another after \\d+\\.\\d s\\. `));
    });
  }
});

test("a server that closes a session that is held shows nothing of a proxy", async (t) => {
  server(t, [() => new Response("1")]);
  assert.deepEqual((await doctor({ patient: true, logger: quiet })).unchecked, ["PROXY_TIMEOUT", "CLOCK_SKEW"]);
});

test("a WebSocket that the server closes shows nothing of a proxy, and one that breaks off twice does", async (t) => {
  server(t, []);
  t.after(() => delete globalThis.WebSocket);
  for (const [code, findings, unchecked] of [[1005, [], ["PROXY_TIMEOUT", "CLOCK_SKEW"]], [1006, ["PROXY_TIMEOUT"], ["CLOCK_SKEW"]]]) {
    let opened = 0;
    globalThis.WebSocket = class {
      constructor() {
        // The first one is to see whether the namespace is granted; the others are held.
        const isHeld = (opened += 1) > 1;
        setImmediate(() => {
          this.onmessage({ data: `0{"sid":"w${opened}","pingInterval":25000,"pingTimeout":20000,"upgrades":[]}` });
          if (isHeld) this.onclose({ code });
        });
      }
      send() {
        setImmediate(() => this.onmessage({ data: "40" }));
      }
      close() {}
    };
    const diagnosis = await doctor({ patient: true, transports: ["websocket"], logger: quiet });
    assert.deepEqual(diagnosis.findings.map(({ code }) => code), findings);
    assert.deepEqual(diagnosis.unchecked, unchecked);
  }
});

test("a connection that is lost without a word is found by the ping that does not come, whatever `timeout` says, and how long that takes is told", async (t) => {
  server(t, []);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const said = [];
  let over = false;
  const asked = doctor({ patient: true, timeout: 1000, logger: { debug: (words) => said.push(words) } }).finally(() => (over = true));
  const grants = () => globalThis.fetch.mock.calls.filter(({ arguments: [, { body }] }) => body === "40");
  while (grants().length === 0) await settled();
  await settled();
  t.mock.timers.tick(44_999);
  await settled();
  assert.equal(over, false);
  t.mock.timers.tick(1);
  const [{ code, message }] = (await asked).findings;
  assert.equal(code, "PROXY_TIMEOUT");
  assert.match(message, /: a poll was not answered after \d+\.\d s\. /);
  assert.deepEqual(said, ["research-socket: the doctor holds a poll until the server's ping, which takes 25 s, and 45 s at the most"]);
});

test("without a logger the console is told how long it takes", async (t) => {
  server(t, [ping]);
  const info = t.mock.method(console, "info", () => {});
  await doctor({ patient: true });
  assert.match(info.mock.calls.map(({ arguments: [words] }) => words).join(), /^research-socket: the doctor holds a poll until .* 25 s/);
});

test("what is found of the session itself hides the proxy's time-out, and is not waited for", async (t) => {
  page(t);
  // Who waits waits for ever.
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let sessions = 0;
  globalThis.fetch.mock.mockImplementation(async (address, { method, signal }) => {
    const sid = new URL(address).searchParams.get("sid");
    if (!sid) return new Response(`0{"sid":"s${(sessions += 1)}","pingInterval":25000}`);
    if (method === "POST") return new Response("", { status: 400 });
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const { findings, unchecked } = await doctor({ patient: true, logger: quiet });
  assert.deepEqual(findings.map(({ code }) => code), ["STICKY_SESSION"]);
  assert.ok(unchecked.includes("PROXY_TIMEOUT"));
});

test("`patient` is no time, and what is no object is refused as by connect()", async (t) => {
  page(t);
  await assert.rejects(doctor({ patient: 25_000 }), (error) => error instanceof TypeError && /option `patient` must be true or false/.test(error.message));
  for (const options of [null, 7]) await assert.rejects(doctor(options), /must be an object/);
});

test("what leads to another origin is not asked, and the words say where it would have gone", async (t) => {
  page(t);
  for (const path of ["@evil.example", ".evil.example", ":8443"]) {
    const visit = new Visit({ url: "https://app.example", path }, 5000);
    await assert.rejects(visit.ask(), (error) => error instanceof TypeError && /leads to https:\/\/(evil|app)\.example/.test(error.message));
    await visit.end();
  }
});

test("of an answer without end a bounded part is read, and the rest is not sent", async (t) => {
  page(t);
  const counts = { pulled: 0, cancelled: false };
  const piece = new TextEncoder().encode("é".repeat(1 << 15));
  globalThis.fetch.mock.mockImplementation(async () => {
    // Ends far beyond what may be read: what is not bounded fails, and does not fill the memory.
    const pull = (stream) => ((counts.pulled += 1) > 64 ? stream.error(new Error("too much was read")) : stream.enqueue(piece));
    return new Response(new ReadableStream({ pull, cancel: () => void (counts.cancelled = true) }));
  });
  const visit = new Visit({ url: "https://app.example" }, 5000);
  const answer = await visit.ask();
  await visit.end();
  assert.deepEqual([answer.status, answer.failed], [200, null]);
  assert.equal(answer.text, "é".repeat(1 << 19));
  assert.ok(counts.cancelled);
});

test("an answer is read whole where characters are cut between its pieces, and is empty without a body", async (t) => {
  page(t);
  const bytes = new TextEncoder().encode("0{é€😀}");
  const answers = [new Response(new ReadableStream({ start: (stream) => (bytes.forEach((byte) => stream.enqueue(Uint8Array.of(byte))), stream.close()) })), new Response(null)];
  globalThis.fetch.mock.mockImplementation(async () => answers.shift());
  const visit = new Visit({ url: "https://app.example" }, 5000);
  assert.deepEqual([(await visit.ask()).text, (await visit.ask()).text], ["0{é€😀}", ""]);
  await visit.end();
});

test("importing is safe on a server, and calling it there says where to", async () => {
  await assert.rejects(doctor(), /needs a page in a browser/);
});

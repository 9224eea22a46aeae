// The doctor in a page: each code against a server or page that has that fault, and nothing where all is well. Chromium has all of
// it; what a test has to do in the page or to see of its requests needs more than the address of a page (browsers.test.mjs).

import assert from "node:assert/strict";
import { test } from "node:test";
import { startProxy } from "../../servers/proxy.mjs";
import { FAILED_REQUEST, withPage } from "../support/browser.mjs";
import { startServer } from "../support/servers.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { assertFound, FAULTS, startBehind } from "./faults.mjs";

/** How long a healthy server may be silent: what is found sooner was not told by a ping. */
const PING_MS = 60_000;
/** The time that is given when the page says nothing. */
const TIMEOUT_MS = 20_000;

/** What the browser itself says of what the doctor provokes. */
const REFUSED = [FAILED_REQUEST, /^console: (?:Access to fetch|WebSocket connection to)/, /Content.Security.Policy/];

/** @param {import("playwright-core").Page} page @param {object} [options] */
function diagnose(page, options) {
  return page.evaluate(async (options) => {
    const { doctor } = await import("/pkg/doctor.js");
    const began = performance.now();
    return { ...(await doctor(options)), took: performance.now() - began };
  }, options);
}

/**
 * Opens a page of `url`, asks the doctor, and expects one finding, or several.
 * @param {import("node:test").TestContext} t @param {string | string[]} code
 * @param {string} url @param {object} [options]
 * @param {import("../support/browser.mjs").Options & { prepare?: (page: import("playwright-core").Page) => Promise<unknown>, words?: object }} [more]
 *   `words` that it has to use
 * @returns {Promise<import("./faults.mjs").Diagnosis & { took: number }>}
 */
async function finds(t, code, url, options, { prepare, words, ...more } = {}) {
  let diagnosis;
  await withPage(`${url}/progress/7`, { expected: REFUSED, ...more }, async (page) => {
    await prepare?.(page);
    diagnosis = await diagnose(page, options);
  });
  t.diagnostic(`${Math.round(diagnosis.took)} ms: ${diagnosis.findings.map(({ message, setting }) => `${message} → ${setting}`).join(" | ")}`);
  assertFound(diagnosis, [code].flat(), { options, ...words });
  return diagnosis;
}

test("a newer server is found without its path, as connect() finds it, and looked at as well", LIMIT, async (t) => {
  const server = await startServer(t, "asgi", { page: true });
  await withPage(`${server.url}/progress/7`, { expected: [FAILED_REQUEST] }, async (page, { requests }) => {
    const diagnosis = await diagnose(page, { auth: { token: "t" } });
    assertFound(diagnosis, []);
    assert.deepEqual(diagnosis.unchecked, []);
    const paths = requests.all.map(({ path }) => path).filter((path) => path.includes("socket.io"));
    assert.equal(paths[0], "/socket.io/");
    assert.deepEqual([...new Set(paths.slice(1))], [`${server.path}/`]);
  });
});

for (const kind of /** @type {const} */ (["flask", "asgi", "node"])) {
  test(`a healthy ${kind} server: nothing is found, everything was looked at, and nothing is left behind`, LIMIT, async (t) => {
    const server = await startServer(t, kind, { page: true });
    await withPage(`${server.url}/progress/7`, { before: "counts.js" }, async (page, { requests }) => {
      const open = new Set();
      page.on("request", (request) => open.add(request));
      for (const event of /** @type {const} */ (["requestfinished", "requestfailed"])) page.on(event, (request) => open.delete(request));
      const diagnosis = await diagnose(page, { path: server.path, auth: { token: "t" } });
      t.diagnostic(`${Math.round(diagnosis.took)} ms, ${requests.all.length} requests`);
      assertFound(diagnosis, []);
      assert.deepEqual(diagnosis.unchecked, []);
      assert.equal(requests.handshakes().length, 1);
      assert.deepEqual(requests.all.slice(-1).map(({ method, body }) => [method, body]), [["POST", "1"]], "goodbye");
      await until("no request is open", () => open.size === 0);
      assert.deepEqual(await page.evaluate(() => window.counts.left()), []);
      assert.ok((await page.evaluate(() => window.counts.made().timer)) > 0, "the counting sees something");
      const { sessions } = await server.untilGoodbye();
      assert.deepEqual(sessions.map(({ auth }) => auth), [{ token: "t" }]);
    });
  });
}

for (const kind of /** @type {const} */ (["flask", "asgi", "node"])) {
  test(`a healthy ${kind} server, for pages that use a WebSocket: nothing is found, and nothing is left behind`, LIMIT, async (t) => {
    const server = await startServer(t, kind, { page: true, transports: "polling,websocket" });
    await withPage(`${server.url}/progress/7`, {}, async (page) => {
      for (const transports of [["polling", "websocket"], ["websocket"]]) {
        const options = { path: server.path, auth: { token: "t" }, transports };
        const diagnosis = await diagnose(page, options);
        assertFound(diagnosis, [], { options });
        assert.deepEqual(diagnosis.unchecked, []);
      }
      const { sessions } = await server.untilGoodbye();
      assert.deepEqual(sessions.map(({ auth }) => auth), [{ token: "t" }, { token: "t" }]);
    });
  });
}

for (const kind of /** @type {const} */ (["flask", "asgi", "node"])) {
  test(`a healthy ${kind} server, looked at with patience: the ping comes, and nothing is left behind`, LIMIT, async (t) => {
    const server = await startServer(t, kind, { page: true, transports: "polling,websocket", pingInterval: 2 });
    await withPage(`${server.url}/progress/7`, { before: "counts.js" }, async (page) => {
      const options = { path: server.path, transports: ["polling", "websocket"], patient: true };
      const diagnosis = await diagnose(page, options);
      assertFound(diagnosis, [], { options });
      assert.deepEqual(diagnosis.unchecked, []);
      assert.deepEqual(await page.evaluate(() => window.counts.left()), []);
      await server.untilGoodbye();
    });
  });
}

test("patience ends at once with a signal, and leaves nothing behind", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, pingInterval: PING_MS / 1000 });
  await withPage(`${server.url}/progress/7`, { before: "counts.js", expected: REFUSED }, async (page) => {
    const said = await page.evaluate(async () => {
      const { doctor } = await import("/pkg/doctor.js");
      const life = new AbortController();
      const said = [];
      const logger = {
        debug(words) {
          said.push(words);
          if (said.length === 2) life.abort(new Error("enough"));
        },
      };
      return doctor({ patient: true, transports: ["polling", "websocket"], signal: life.signal, logger }).then(() => "it went on", (error) => [...said, error.message]);
    });
    const holds = (what) => `research-socket: the doctor holds a ${what} until the server's ping, which takes ${PING_MS / 1000} s, and ${PING_MS / 1000 + 20} s at the most`;
    assert.deepEqual(said, [holds("poll"), holds("WebSocket"), "enough"]);
    assert.deepEqual(await page.evaluate(() => window.counts.left()), []);
    await server.untilGoodbye();
  });
});

test("a server without long-polling: nothing is found for a page that begins with a WebSocket", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, transports: "websocket" });
  await withPage(`${server.url}/progress/7`, { expected: REFUSED }, async (page) => {
    const options = { transports: ["websocket"] };
    assertFound(await diagnose(page, options), [], { options });
  });
});

test("a healthy server of another origin: nothing is found but what that origin does not show", LIMIT, async (t) => {
  const [here, there] = [await startServer(t, "flask", { page: true }), await startServer(t, "node", {})];
  await withPage(`${here.url}/progress/7`, {}, async (page) => {
    const diagnosis = await diagnose(page, { url: there.url });
    assertFound(diagnosis, []);
    assert.deepEqual(diagnosis.unchecked, ["CLOCK_SKEW"]);
  });
});

for (const { title, codes, start } of FAULTS) {
  test(`${codes.join(" and ")}: ${title}`, LIMIT, async (t) => {
    const { url, options, ...words } = await start(t);
    await finds(t, codes, url, options, { words });
  });
}

for (const fault of /** @type {const} */ (["redirect", "away", "page", "forbid"])) {
  test(`a proxy that wants people to sign in (${fault}): nothing is found once they have`, LIMIT, async (t) => {
    const { url } = await startBehind(t, { fault });
    await withPage(`${url}/progress/7`, {}, async (page) => {
      await page.evaluate(() => (document.cookie = "gateway=open; path=/"));
      assert.equal((await diagnose(page)).ok, true);
    });
  });
}

test("PROXY_BUFFERING: an answer that does not come within the time", LIMIT, async (t) => {
  const { url } = await startBehind(t, { fault: "keep-until-ping", server: { pingInterval: PING_MS / 1000 } });
  const { findings, took } = await finds(t, "PROXY_BUFFERING", url, { timeout: 5000 });
  assert.match(findings[0].message, /had not come/);
  assert.ok(took < PING_MS, `${took} ms`);
});

test("CONNECTION_BUDGET: six other tabs of the site have a connection each", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, pingInterval: PING_MS / 1000 });
  const { took } = await finds(t, "CONNECTION_BUDGET", server.url, {}, {
    record: false,
    prepare: async (page) => {
      await page.evaluate(() => import("/pkg/doctor.js"));
      for (let tab = 1; tab <= 6; tab += 1) {
        const other = await page.context().newPage();
        await other.goto(`${server.url}/progress/${tab}`);
        await other.evaluate(async () => {
          const { connect } = await import("/pkg/index.js");
          window.client = await connect({ share: false, fallback: false, history: false });
          while (!window.client.connected) await new Promise((resolve) => window.client.once("state", resolve));
        });
      }
    },
  });
  assert.ok(took < PING_MS, `${took} ms`);
});

test("CONNECTION_BUDGET: a connection that becomes free after a while", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, pingInterval: PING_MS / 1000 });
  await finds(t, "CONNECTION_BUDGET", server.url, {}, {
    prepare: (page) =>
      page.evaluate(async () => {
        await import("/pkg/doctor.js");
        // Six polls, each of a session of its own, as six tabs have them.
        const base = "/socket.io/?EIO=4&transport=polling";
        const sids = [];
        for (let tab = 0; tab < 6; tab += 1) sids.push(JSON.parse((await (await fetch(base)).text()).slice(1)).sid);
        const stop = new AbortController();
        for (const sid of sids) fetch(`${base}&sid=${sid}`, { signal: stop.signal }).catch(() => {});
        const { fetch: ask } = window;
        // On a busy machine the doctor may ask later than that after this.
        window.fetch = (...given) => {
          window.fetch = ask;
          setTimeout(() => stop.abort(), 1800);
          return ask(...given);
        };
      }),
  });
});

test("CLOCK_SKEW: the clock of the machine is an hour ahead", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  const { findings } = await finds(t, "CLOCK_SKEW", server.url, {}, {
    before: "sleep.js",
    prepare: (page) => page.evaluate(() => window.sleepFor(3_600_000)),
  });
  assert.match(findings[0].message, /60 min ahead of/);
});

test("UNREACHABLE: a proxy says 502, and a network that swallows everything", LIMIT, async (t) => {
  const here = await startServer(t, "flask", { page: true });
  const { url, server } = await startBehind(t, {});
  await finds(t, "UNREACHABLE", url, {}, {
    prepare: async (page) => {
      await page.evaluate(() => import("/pkg/doctor.js"));
      server.kill();
    },
  });

  const proxy = await startProxy({ target: here.url });
  t.after(() => proxy.close());
  const { findings, took } = await finds(t, "UNREACHABLE", proxy.url, { timeout: 3000 }, {
    prepare: async (page) => {
      await page.evaluate(() => import("/pkg/doctor.js"));
      proxy.mode("blackhole");
    },
  });
  assert.match(findings[0].message, /no answer within \d+\.\d s/);
  assert.ok(took < TIMEOUT_MS, `${took} ms`);
});

test("misuse is thrown by name, and a signal stops it and closes the session", LIMIT, async (t) => {
  const { url, server } = await startBehind(t, { fault: "keep", ms: 900 });
  await withPage(`${url}/progress/7`, { before: "counts.js", expected: REFUSED }, async (page, { requests }) => {
    for (const options of [{ url: 7 }, { timeout: -1 }, { auth: "t" }]) {
      const error = await diagnose(page, options).then(() => null, (error) => error.message);
      assert.match(error, new RegExp(`(Type|Range)Error: option \`${Object.keys(options)[0]}\``));
    }
    assert.equal(requests.all.length, 0);
    const stopped = page.evaluate(async () => {
      const { doctor } = await import("/pkg/doctor.js");
      const controller = new AbortController();
      window.stop = () => controller.abort(new Error("enough"));
      return doctor({ signal: controller.signal }).then(() => null, (error) => error.message);
    });
    await requests.until("a poll is open", () => requests.all.filter(({ query }) => query.sid), 2);
    await page.evaluate(() => window.stop());
    assert.equal(await stopped, "enough");
    await requests.until("the goodbye", () => requests.all.filter(({ method, body }) => method === "POST" && body === "1"), 1);
    await until("nothing is left", async () => (await page.evaluate(() => window.counts.left())).length === 0);
    assert.equal((await server.stats()).sessions.length, 0, "the application has not heard of it yet");
  });
});

// Tabs of one browser that share a connection: against a real server, whatever becomes of the tab that has it.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { FAILED_REQUEST, launch, OVERTAKEN_POLL, watched, withPages } from "./support/browser.mjs";
import { follow, numbered } from "./support/follow.mjs";
import { ROOT } from "./support/places.mjs";
import { startServer } from "./support/servers.mjs";
import { withTab } from "./support/tabs.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

const ID = "research-1";
/** A host that only the browser knows: a page from it is no secure context, so it has no locks. */
const PLAIN = "research.test";

/**
 * @typedef {import("playwright-core").Page} Page
 * @typedef {{ page: Page, followed: import("./support/follow.mjs").Followed }} Following
 */

const expected = [FAILED_REQUEST, OVERTAKEN_POLL];

/** @param {import("node:test").TestContext} t */
async function serve(t) {
  const server = await startServer(t, "flask", { page: true });
  await server.control("research", { id: ID });
  return server;
}

/** Follows in each page, one after the other. @param {Page[]} pages @param {object} [options] @returns {Promise<Following[]>} */
async function followIn(pages, options) {
  const tabs = [];
  for (const page of pages) tabs.push({ page, followed: await follow(page, { id: ID, options }) });
  for (const { followed } of tabs) await until("the tab is connected", () => followed.connected());
  return tabs;
}

/** @param {Page} page @returns {Promise<string>} */
const role = (page) => page.evaluate(() => /** @type {any} */ (window).run.client.stats().role);

/** Waits until one tab leads and all others follow. @param {Following[]} tabs */
async function leaderOf(tabs) {
  /** @type {string[]} */
  let roles = [];
  await until(
    "one tab leads, the others follow",
    async () => {
      roles = await Promise.all(tabs.map(({ page }) => role(page)));
      return roles.filter((role) => role !== "follower").join() === "leader";
    },
    { seen: () => roles },
  );
  const leader = tabs[roles.indexOf("leader")];
  return { leader, others: tabs.filter((tab) => tab !== leader) };
}

/** There may have been more for a moment: a tab that hears nothing for seconds, on a busy machine, looks after itself. */
async function oneSession(/** @type {import("node:test").TestContext} */ t, /** @type {any} */ server) {
  const { sessions } = await server.until("one session", ({ connected }) => connected === 1);
  t.diagnostic(`sessions so far: ${sessions.length}`);
}

/** @param {Following[]} tabs @param {number} count */
async function untilAllHave(tabs, count) {
  for (const { followed } of tabs) assert.deepEqual((await followed.untilLines(count)).lines, numbered("line", 1, count));
}

test("twenty tabs have one session, and each hears each line once, in order", LIMIT, async (t) => {
  const server = await serve(t);
  await withPages(20, `${server.url}/progress/${ID}`, { expected, record: false }, async (pages) => {
    const tabs = await followIn(pages);
    await leaderOf(tabs);
    await server.control("lines", { id: ID, count: 200 });
    await untilAllHave(tabs, 200);
    await oneSession(t, server);
    await server.control("final", { id: ID });
    for (const { followed } of tabs) {
      const { ends, gaps } = await followed.until("the end", ({ done }) => done.length > 0);
      assert.deepEqual([ends.length, gaps], [1, []]);
    }
  });
});

test("twenty tabs share where the browser has no locks, since the page comes without https", LIMIT, async (t) => {
  const server = await serve(t);
  const browser = await launch([`--host-resolver-rules=MAP ${PLAIN} 127.0.0.1`]);
  t.after(() => browser.close());
  const context = await browser.newContext();
  const url = `${server.url.replace("127.0.0.1", PLAIN)}/progress/${ID}`;
  /** @param {Page[]} pages @returns {Promise<void>} */
  const open = async (pages) => {
    if (pages.length < 20) return watched(await context.newPage(), url, { expected, record: false }, (page) => open([...pages, page]));
    const tabs = await followIn(pages);
    assert.equal(await pages[0].evaluate(() => navigator.locks), undefined);
    await server.control("lines", { id: ID, count: 20 });
    await untilAllHave(tabs, 20);
    const { leader, others } = await leaderOf(tabs);
    await oneSession(t, server);
    await leader.page.close();
    await server.control("lines", { id: ID, count: 20, first: 21 });
    await untilAllHave(others, 40);
    await leaderOf(others);
  };
  await open([]);
});

test("tabs share a WebSocket, and go on over that of another when the tab that has it is closed", LIMIT, async (t) => {
  const server = await serve(t);
  await withPages(4, `${server.url}/progress/${ID}`, { expected, record: false }, async (pages) => {
    const sockets = new Map(pages.map((page) => [page, 0]));
    for (const page of pages) page.on("websocket", () => sockets.set(page, (sockets.get(page) ?? 0) + 1));
    const tabs = await followIn(pages, { transports: ["websocket"] });
    const { leader, others } = await leaderOf(tabs);
    await server.control("lines", { id: ID, count: 20 });
    await untilAllHave(tabs, 20);
    await oneSession(t, server);
    assert.ok((sockets.get(leader.page) ?? 0) > 0);
    await leader.page.close();
    await server.control("lines", { id: ID, count: 20, first: 21 });
    await untilAllHave(others, 40);
    const next = await leaderOf(others);
    assert.ok((sockets.get(next.leader.page) ?? 0) > 0);
    await oneSession(t, server);
  });
});

/** What becomes of the tab that has the connection. @type {Record<string, (page: Page, server: any) => Promise<unknown>>} */
const FATES = {
  "is closed": (page) => page.close(),
  crashes: async (page) => {
    const devtools = await page.context().newCDPSession(page);
    const crashed = page.waitForEvent("crash");
    devtools.send("Page.crash").catch(() => {});
    await crashed;
  },
  "goes to another page": (page, server) => page.goto(`${server.url}/control/stats`),
  "loses its network": async (page) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  },
};

for (const [fate, meet] of Object.entries(FATES)) {
  test(`when the tab that has the connection ${fate}, the others go on with every line`, LIMIT, async (t) => {
    const server = await serve(t);
    // What a page that crashes or has no network writes on the console is not ours.
    await withPages(4, `${server.url}/progress/${ID}`, { expected: [/./], record: false }, async (pages) => {
      const tabs = await followIn(pages);
      await server.control("lines", { id: ID, count: 20 });
      await untilAllHave(tabs, 20);
      const { leader, others } = await leaderOf(tabs);
      const begin = performance.now();
      await meet(leader.page, server);
      await server.control("lines", { id: ID, count: 20, first: 21 });
      await untilAllHave(others, 40);
      t.diagnostic(`all have all lines after ${Math.round(performance.now() - begin)} ms`);
      await server.control("lines", { id: ID, count: 20, first: 41 });
      await untilAllHave(others, 60);
      await leaderOf(others);
      if (fate !== "goes to another page") return;
      // Out of the back/forward cache.
      await leader.page.goBack({ waitUntil: "commit" });
      await untilAllHave([leader], 60);
      await until("it follows", async () => (await role(leader.page)) === "follower");
    });
  });
}

test("when the tab that has the connection is frozen, the others go on with every line, and so does it when it runs again", LIMIT, async (t) => {
  const server = await serve(t);
  const url = `${server.url}/progress/${ID}`;
  const options = { expected, record: false };
  await withTab(url, options, (first) =>
    withTab(url, options, (second) =>
      withTab(url, options, async (third) => {
        const tabs = await followIn([first.page, second.page, third.page]);
        const { leader, others } = await leaderOf(tabs);
        assert.equal(leader.page, first.page);
        await server.control("lines", { id: ID, count: 20 });
        await untilAllHave(tabs, 20);
        const begin = performance.now();
        await first.freeze();
        await server.control("lines", { id: ID, count: 20, first: 21 });
        await untilAllHave(others, 40);
        t.diagnostic(`all have all lines after ${Math.round(performance.now() - begin)} ms`);
        assert.equal((await leader.followed.heard()).lines.length, 20, "nothing runs in a frozen page");
        await first.resume();
        await untilAllHave(tabs, 40);
        await leaderOf(tabs);
        if (process.env.KEEP_TRACE) {
          for (const [name, { page }] of Object.entries({ leader: tabs[1], follower: tabs[0] })) {
            await writeFile(path.join(ROOT, `tests/traces/${name}.trace`), await page.evaluate(() => /** @type {any} */ (window).run.client.trace()));
          }
        }
      }),
    ),
  );
});

/** Acknowledgements that the tabs await between them, and how many of them come between two changes of the leader. */
const ACKS = 2000;
const ACKS_OF_A_LEADER = 100;

test("of two thousand acknowledgements in four tabs whose leader changes again and again each is answered, or rejected with a reason, once", LIMIT, async (t) => {
  const server = await serve(t);
  await withPages(4, `${server.url}/progress/${ID}`, { expected, record: false }, async (pages) => {
    const tabs = await followIn(pages, { share: true });
    await leaderOf(tabs);
    for (const page of pages) await page.evaluate(awaitAcks, ACKS / pages.length);
    const settled = async () => {
      const each = await Promise.all(pages.map((page) => page.evaluate(() => /** @type {any} */ (window).acks)));
      return { each, count: each.reduce((sum, { settled }) => sum + settled, 0) };
    };
    let changes = 0;
    for (let next = ACKS_OF_A_LEADER; next < ACKS; next += ACKS_OF_A_LEADER) {
      await until("so many are settled", async () => (await settled()).count >= next);
      const { leader } = await leaderOf(tabs);
      await leader.page.evaluate(() => {
        const { client } = /** @type {any} */ (window).run;
        client.disconnect();
        client.connect();
      });
      changes += 1;
    }
    await until("all are settled", async () => (await settled()).count === ACKS);
    const { each } = await settled();
    const sum = (/** @type {string} */ name) => each.reduce((all, acks) => all + acks[name], 0);
    t.diagnostic(`${changes} changes: ${sum("answered")} answered, ${sum("rejected")} rejected, for ${[...new Set(each.flatMap(({ reasons }) => Object.keys(reasons)))]}`);
    assert.deepEqual([sum("answered") + sum("rejected"), sum("twice"), sum("wrong")], [ACKS, 0, 0]);
    // What was on its way when a leader went has no answer; that is no reason to have few.
    assert.ok(sum("answered") > ACKS / 2, `${sum("answered")} answered`);
    for (const { reasons } of each) for (const code of Object.keys(reasons)) assert.ok(["ABORTED", "DISCONNECTED"].includes(code), code);
  });
});

/** In the page: so many, never more than ten at once. @param {number} count */
function awaitAcks(count) {
  const { client } = /** @type {any} */ (window).run;
  const acks = { settled: 0, answered: 0, rejected: 0, twice: 0, wrong: 0, reasons: /** @type {Record<string, number>} */ ({}) };
  Object.assign(window, { acks });
  let next = 0;
  const ask = () => {
    if (next >= count) return;
    const number = next;
    next += 1;
    let told = 0;
    // A callback, since a promise would not tell of a second time.
    client.timeout(120_000).emit("echo", number, (/** @type {{ code: string } | null} */ error, /** @type {number} */ answer) => {
      told += 1;
      if (told > 1) acks.twice += 1;
      else acks.settled += 1;
      if (error) {
        acks.rejected += 1;
        acks.reasons[error.code] = (acks.reasons[error.code] ?? 0) + 1;
      } else if (answer === number) acks.answered += 1;
      else acks.wrong += 1;
      // A page that is between two connections does not ask without an end in one task.
      setTimeout(ask);
    });
  };
  for (let n = 0; n < 10; n += 1) ask();
}

test("two versions of the package in two tabs know nothing of each other", LIMIT, async (t) => {
  const server = await serve(t);
  await withPages(3, `${server.url}/progress/${ID}`, { expected, record: false }, async (pages) => {
    // The third one has loaded what is served now, the second one what was served before.
    await pages[1].route("**/pkg/index.js", async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      const older = text.replaceAll("research-socket ", "research-socket older ");
      assert.notEqual(older, text);
      await route.fulfill({ response, body: older });
    });
    const tabs = await followIn(pages);
    assert.deepEqual(await Promise.all(pages.map(role)), ["leader", "leader", "follower"]);
    await server.until("two sessions", ({ connected }) => connected === 2);
    await server.control("lines", { id: ID, count: 20 });
    await untilAllHave(tabs, 20);
    await pages[0].close();
    await server.control("lines", { id: ID, count: 20, first: 21 });
    await untilAllHave(tabs.slice(1), 40);
    assert.deepEqual(await Promise.all(pages.slice(1).map(role)), ["leader", "leader"]);
  });
});

test("a page that emits has a session of its own, and takes nothing from those that share one", LIMIT, async (t) => {
  const server = await serve(t);
  await withPages(3, `${server.url}/progress/${ID}`, { expected, record: false }, async (pages) => {
    const tabs = await followIn(pages);
    const { leader, others } = await leaderOf(tabs);
    for (const { page } of [leader, others[0]]) {
      assert.equal(await page.evaluate(() => /** @type {any} */ (window).run.client.emitWithAck("echo", 7)), 7);
      assert.equal(await role(page), "alone");
    }
    await server.until("three sessions", ({ connected }) => connected === 3);
    await server.control("lines", { id: ID, count: 20 });
    await untilAllHave(tabs, 20);
    await leaderOf([others[1]]);
  });
});

test("when the person signs out in the tab that has the connection, and in again, every tab has every line, what was stored meanwhile and what comes", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, release: "newest" });
  await server.control("research", { id: ID });
  await server.control("owner", { id: ID, person: "a" });
  await withPages(4, `${server.url}/progress/${ID}`, { expected, record: false }, async (pages) => {
    const sign = (/** @type {Page} */ page, /** @type {string} */ what) => page.evaluate((what) => fetch(`/auth/${what}`, { method: "POST" }).then(({ ok }) => ok), what);
    assert.ok(await sign(pages[0], "login/a"));
    const tabs = await followIn(pages);
    await server.control("lines", { id: ID, count: 20 });
    await untilAllHave(tabs, 20);
    const { leader, others } = await leaderOf(tabs);
    assert.ok(await sign(leader.page, "logout"));
    // Each tab has to ask again whether it may see the research, and none may.
    await leader.page.evaluate(() => {
      const { client } = /** @type {any} */ (window).run;
      client.disconnect();
      client.connect();
    });
    await server.control("lines", { id: ID, count: 20, first: 21 });
    // Over the connection that each has then the server refuses the subscription.
    for (const { followed } of others) await followed.until("a refusal", ({ failures }) => failures.length > 0);
    const begin = performance.now();
    assert.ok(await sign(leader.page, "login/a"));
    // A line that comes while the stored log is refused waits for nothing: those before it may come after it.
    const untilEachHas = async (/** @type {number} */ count) => {
      for (const { followed } of tabs) {
        const { lines } = await followed.untilLines(count);
        assert.deepEqual(lines.toSorted(), numbered("line", 1, count).toSorted());
      }
    };
    await untilEachHas(40);
    t.diagnostic(`all have all lines ${Math.round(performance.now() - begin)} ms after signing in`);
    await server.control("lines", { id: ID, count: 20, first: 41 });
    await untilEachHas(60);
  });
});

test("who signs in in another tab hears nothing of the person before, and goes on alone", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, release: "newest" });
  for (const person of ["a", "b"]) {
    await server.control("research", { id: `of-${person}` });
    await server.control("owner", { id: `of-${person}`, person });
  }
  await withPages(2, `${server.url}/progress/of-a`, { expected, record: false }, async ([first, second]) => {
    const sign = (/** @type {string} */ what) => first.evaluate((what) => fetch(`/auth/${what}`, { method: "POST" }).then(({ ok }) => ok), what);
    assert.ok(await sign("login/a"));
    const one = await follow(first, { id: "of-a" });
    await until("the first is connected", () => one.connected());
    await sign("logout");
    assert.ok(await sign("login/b"));
    const two = await follow(second, { id: "of-b" });
    await second.evaluate(() => {
      const { run } = /** @type {any} */ (window);
      run.others = [];
      run.client.subscribe("of-a").on("log", (/** @type {{ message: string }} */ { message }) => run.others.push(message));
    });
    await until("the second goes on alone", async () => (await role(second)) === "alone");
    await server.control("lines", { id: "of-a", count: 3, prefix: "of a" });
    await server.control("lines", { id: "of-b", count: 3, prefix: "of b" });
    assert.deepEqual((await two.untilLines(3)).lines, numbered("of b", 1, 3));
    assert.deepEqual(await second.evaluate(() => /** @type {any} */ (window).run.others), []);
  });
});

for (const [name, count] of /** @type {const} */ ([["firefox", 20], ["webkit", 4]])) {
  test(`${count} windows of ${name} have one session, and go on when the one with the connection goes`, LIMIT, async (t) => {
    const server = await serve(t);
    const browser = await startBrowser(t, name);
    /** @type {Pick<typeof browser, "goto" | "evaluate">[]} */
    const windows = [];
    for (let n = 0; n < count; n += 1) windows.push(await browser.openWindow());
    for (const window of windows) {
      await window.goto(`${server.url}/progress/${ID}`);
      await window.evaluate((id) => void import(`/support/${"follow.js"}`).then(({ follow }) => follow({ id })), [ID]);
    }
    const look = (/** @type {(typeof windows)[number]} */ window) =>
      window.evaluate(() => {
        const { client, heard } = /** @type {any} */ (globalThis).run ?? {};
        return { connected: client?.connected, role: client?.stats().role, lines: heard?.lines };
      });
    const untilEach = async (/** @type {typeof windows} */ windows, /** @type {number} */ count) => {
      for (const window of windows) {
        await until(`${count} lines`, async () => {
          const { connected, lines } = await look(window);
          return connected && lines.length >= count;
        });
        assert.deepEqual((await look(window)).lines, numbered("line", 1, count));
      }
      /** @type {string[]} */
      const roles = [];
      await until("one window leads, the others follow", async () => {
        roles.length = 0;
        for (const window of windows) roles.push((await look(window)).role);
        return roles.filter((role) => role !== "follower").join() === "leader";
      });
      return windows[roles.indexOf("leader")];
    };
    await untilEach(windows, 0);
    await server.control("lines", { id: ID, count: 20 });
    const leader = await untilEach(windows, 20);
    await oneSession(t, server);
    await leader.goto(`${server.url}/control/stats`);
    await server.control("lines", { id: ID, count: 20, first: 21 });
    await untilEach(windows.filter((window) => window !== leader), 40);
  });
}

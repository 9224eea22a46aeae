// A connection over one WebSocket: in Chromium and Firefox, at each real server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startProxy } from "../servers/proxy.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow, numbered } from "./support/follow.mjs";
import { startGate } from "./support/gate.mjs";
import { startServer } from "./support/servers.mjs";
import { assertWhole } from "./support/tally.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

const ID = "research-1";
const OPTIONS = { transports: ["websocket"] };
/** Chromium writes why a WebSocket ended on the console. */
const FAILED_SOCKET = /^console: WebSocket connection to/;
const KINDS = /** @type {const} */ (["flask", "asgi", "node"]);

/** @param {import("node:test").TestContext} t @param {typeof KINDS[number]} kind @param {object} [flags] */
const start = (t, kind, flags) => startServer(t, kind, { page: true, ...(kind === "node" ? { transports: "polling,websocket" } : {}), ...flags });

for (const kind of KINDS) {
  test(`a page follows a research at the ${kind} server over one WebSocket, and says goodbye`, LIMIT, async (t) => {
    const server = await start(t, kind);
    await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_SOCKET] }, async (page, { requests }) => {
      const sockets = socketsOf(page);
      await server.control("updates", { id: ID, count: 1, prefix: "before" });
      const followed = await follow(page, { id: ID, options: { ...OPTIONS, path: server.path } });
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
      await server.control("lines", { id: ID, count: 500 });
      await server.control("updates", { id: ID, count: 50 });
      await followed.untilLines(500);
      await server.control("final", { id: ID });
      const heard = await followed.until("the end", ({ done }) => done.length > 0);
      assert.deepEqual(heard.lines, numbered("line", 1, 500));
      assert.deepEqual(heard.updates.filter((message) => message.startsWith("step")), numbered("step", 1, 50));
      assert.deepEqual(heard.ends.map(({ status }) => status), ["completed"]);
      assert.equal(sockets.length, 1);
      assert.deepEqual(requests.handshakes(), []);
      // Text and bytes, both ways.
      const echoed = await page.evaluate(async () => {
        const [bytes] = await /** @type {any} */ (window).run.client.emitWithAck("echo", new Uint8Array([1, 2, 255])).then((answer) => [answer].flat());
        return [...new Uint8Array(bytes.buffer ?? bytes)];
      });
      assert.deepEqual(echoed, [1, 2, 255]);
      await page.evaluate(() => /** @type {any} */ (window).run.client.close());
      await server.untilGoodbye();
      await until("it is closed", () => sockets[0].isClosed());
    });
  });
}

test("a page hears everything once through a restart of the server", LIMIT, async (t) => {
  const server = await start(t, "flask");
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST, FAILED_SOCKET] }, async (page) => {
    const followed = await follow(page, { id: ID, options: OPTIONS });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, count: 100 });
    await followed.untilLines(100);
    server.kill();
    const { connection } = await followed.until("the page notices", ({ connection }) => connection.some(({ event }) => event === "disconnect"));
    assert.match(connection.find(({ event }) => event === "disconnect")?.detail.message ?? "", /WebSocket.*\(close code 1006\)/);
    await server.start();
    await server.until("the page is back", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, first: 101, count: 50 });
    const { lines } = await followed.untilLines(150);
    assert.deepEqual(lines, numbered("line", 1, 150));
    await server.control("final", { id: ID });
    const { ends } = await followed.until("the end", ({ done }) => done.length > 0);
    assert.equal(ends.length, 1);
  });
});

for (const mode of /** @type {const} */ (["refuse", "blackhole"])) {
  test(`a network that is cut (${mode}) costs no line, and one end comes`, LIMIT, async (t) => {
    const server = await start(t, "flask", { pingInterval: 1, pingTimeout: 4 });
    const proxy = await startProxy({ target: server.url });
    t.after(() => proxy.close());
    await withPage(`${proxy.url}/progress/${ID}`, { expected: [FAILED_REQUEST, FAILED_SOCKET] }, async (page) => {
      const followed = await follow(page, { id: ID, options: OPTIONS });
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
      await server.control("lines", { id: ID, count: 60 });
      await followed.untilLines(60);
      await proxy.mode(mode);
      await server.control("lines", { id: ID, first: 61, count: 60 });
      await followed.until("the page notices", ({ connection }) => connection.some(({ event }) => event === "disconnect"));
      await proxy.mode("pass");
      await server.until("the page is back", ({ connected, subscriptions }) => connected === 1 && subscriptions.length >= 2);
      await server.control("lines", { id: ID, first: 121, count: 60 });
      await followed.untilLines(180);
      await server.control("final", { id: ID });
      await followed.until("the end", ({ done }) => done.length > 0);
      const heard = await followed.heard();
      assertWhole(t, mode, await server.stored(ID), heard);
      assert.equal(heard.ends.length, 1);
    });
  });
}

test("a server without WebSockets is tried as often as one that is down, and the words say what to look at", LIMIT, async (t) => {
  const server = await startServer(t, "node", { page: true, transports: "polling" });
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST, FAILED_SOCKET] }, async (page) => {
    const options = { ...OPTIONS, reconnectionAttempts: 2, reconnectionDelay: 20, reconnectionDelayMax: 40 };
    const followed = await follow(page, { id: ID, options });
    const { connection } = await followed.until("it gives up", ({ connection }) => connection.some(({ event }) => event === "reconnect_failed"));
    assert.match(connection.find(({ event }) => event === "connect_error")?.detail.message ?? "", /check that the server runs, takes WebSockets/);
  });
});

test("a policy that forbids the WebSocket looks like a server that is down", LIMIT, async (t) => {
  const server = await start(t, "flask");
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST, FAILED_SOCKET, /Content.Security.Policy/] }, async (page) => {
    await page.evaluate(() => {
      const policy = Object.assign(document.createElement("meta"), { httpEquiv: "Content-Security-Policy", content: `connect-src ${location.origin.replace("127.0.0.1", "localhost")} ${location.origin}/pkg/ ${location.origin}/api/` });
      document.head.append(policy);
    });
    const followed = await follow(page, { id: ID, options: { ...OPTIONS, reconnection: false } });
    await followed.until("it says so", ({ connection }) => connection.some(({ event }) => event === "connect_error"));
  });
});

test("where a WebSocket cannot be opened long-polling takes its place, and the page hears no more of it", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true, transports: "polling" });
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST, FAILED_SOCKET] }, async (page, { requests }) => {
    const sockets = socketsOf(page);
    const followed = await follow(page, { id: ID, options: { transports: ["websocket", "polling"] } });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, count: 20 });
    await followed.untilLines(20);
    assert.deepEqual(await followed.events("connect_error"), []);
    server.kill();
    await followed.until("the page notices", ({ connection }) => connection.some(({ event }) => event === "disconnect"));
    await server.start();
    await server.until("the page is back", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, first: 21, count: 20 });
    await server.control("final", { id: ID });
    const { lines, ends } = await followed.until("the end", ({ done }) => done.length > 0);
    assert.deepEqual(lines, numbered("line", 1, 40));
    assert.equal(ends.length, 1);
    // The page names no path, so that both were tried once.
    assert.equal(sockets.length, 2);
    assert.ok(requests.handshakes().length >= 2);
  });
});

for (const kind of KINDS) {
  test(`Firefox follows a research at the ${kind} server over one WebSocket through a restart`, LIMIT, async (t) => {
    const server = await start(t, kind);
    const browser = await startBrowser(t, "firefox");
    await browser.goto(`${server.url}/progress/${ID}`);
    await server.control("updates", { id: ID, count: 1, prefix: "before" });
    const given = { id: ID, options: { ...OPTIONS, path: server.path } };
    await browser.evaluate((given) => import("/support/follow.js").then(({ follow }) => follow(given)), [given]);
    const heard = () => browser.evaluate(() => /** @type {any} */ (window).run.heard);
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, count: 200 });
    await until("the lines", async () => (await heard()).lines.length === 200);
    server.kill();
    await until("the page notices", async () => (await heard()).connection.some(({ event }) => event === "disconnect"));
    await server.start();
    await server.control("updates", { id: ID, count: 1, prefix: "before" });
    await server.until("the page is back", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, first: 201, count: 50 });
    await server.control("final", { id: ID });
    const { lines, ends } = await until("the end", async () => {
      const now = await heard();
      return now.done.length > 0 && now;
    });
    assert.deepEqual(lines, numbered("line", 1, 250));
    assert.equal(ends.length, 1);
  });
}

/** Follows over long-polling, and notes what the page sends over WebSockets. @param {object} given */
const followUpgrading = async (given) => {
  const all = /** @type {any} */ (window);
  all.sent = [];
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    all.sent.push(data);
    return send.call(this, data);
  };
  await (await import("/support/follow.js")).follow(given);
  // Each is answered once: what the page sends is not lost and not doubled either.
  all.echoed = [];
  all.echo = (/** @type {number} */ from, /** @type {number} */ to) => {
    for (let n = from; n <= to; n += 1) {
      all.run.client.emitWithAck("echo", n).then((/** @type {any} */ answer) => all.echoed.push([answer].flat(2)[0]));
    }
  };
};

/**
 * Lines come over long-polling, while a WebSocket takes its place, and over that: each is heard once, in order.
 * @param {import("node:test").TestContext} t @param {typeof KINDS[number]} kind
 * @param {(url: string) => Promise<{ evaluate: (code: any, given?: any) => Promise<any> }>} open
 */
async function crossOver(t, kind, open) {
  const server = await start(t, kind);
  const gate = await startGate(t, server.url, "hold");
  const page = await open(`${gate.url}/progress/${ID}`);
  await server.control("updates", { id: ID, count: 1, prefix: "before" });
  // Without the stored log nothing makes up for a line that is lost.
  const options = { transports: ["polling", "websocket"], path: server.path, history: false, timeout: 150_000 };
  await page.evaluate(followUpgrading, { id: ID, options });
  /** @returns {Promise<import("./support/follow.mjs").Heard>} */
  const heard = () => page.evaluate(() => /** @type {any} */ (window).run.heard);
  const sent = () => page.evaluate(() => /** @type {any} */ (window).sent.filter((/** @type {any} */ data) => data !== "3"));
  const echo = (/** @type {number} */ from, /** @type {number} */ to) => page.evaluate(([from, to]) => /** @type {any} */ (window).echo(from, to), [from, to]);
  await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
  await echo(1, 20);
  await server.control("lines", { id: ID, count: 300 });
  await until("the lines over long-polling", async () => (await heard()).lines.length === 300);
  assert.deepEqual(await sent(), []);
  gate.mode("pass");
  await echo(21, 40);
  for (let first = 301; first <= 900; first += 25) await server.control("lines", { id: ID, first, count: 25 });
  await echo(41, 60);
  await until("the WebSocket takes over", async () => (await sent()).includes("5"));
  await server.control("lines", { id: ID, first: 901, count: 100 });
  await echo(61, 80);
  await server.control("final", { id: ID });
  const { lines, ends, gaps, connection } = await until("the end", async () => {
    const now = await heard();
    return now.done.length > 0 && now;
  });
  assert.deepEqual(lines, numbered("line", 1, 1000));
  assert.equal(ends.length, 1);
  assert.deepEqual(gaps, []);
  assert.deepEqual(connection.filter(({ event }) => event === "disconnect"), []);
  await until("the answers", async () => (await page.evaluate(() => /** @type {any} */ (window).echoed)).length === 80);
  /** @type {number[]} */
  const echoed = await page.evaluate(() => /** @type {any} */ (window).echoed);
  // Flask-SocketIO runs each handler in a thread of its own: two of them may answer in either order.
  if (kind === "flask") echoed.sort((one, other) => one - other);
  assert.deepEqual(echoed, Array.from({ length: 80 }, (_, n) => n + 1));
  assert.deepEqual((await sent()).slice(0, 2), ["2probe", "5"]);
  assert.equal(gate.asked(), 1);
  await page.evaluate(() => /** @type {any} */ (window).run.client.close());
  await server.untilGoodbye();
}

for (const kind of KINDS) {
  test(`a WebSocket takes the place of long-polling at the ${kind} server, and 1,000 lines across that moment are each heard once`, LIMIT, async (t) => {
    await withPage("about:blank", { expected: [FAILED_REQUEST, FAILED_SOCKET] }, async (page) => {
      await crossOver(t, kind, async (url) => {
        await page.goto(url);
        return page;
      });
    });
  });

  test(`in Firefox, too, a WebSocket takes the place of long-polling at the ${kind} server without a gap`, LIMIT, async (t) => {
    const browser = await startBrowser(t, "firefox");
    await crossOver(t, kind, async (url) => {
      await browser.goto(url);
      return { evaluate: (code, given) => browser.evaluate(code, given === undefined ? [] : [given]) };
    });
  });
}

for (const kind of KINDS) {
  for (const mode of /** @type {const} */ (["refuse", "lose", "swallow"])) {
    test(`a proxy that does not let WebSockets through (${mode}) leaves a page at the ${kind} server with long-polling`, LIMIT, async (t) => {
      const server = await start(t, kind);
      const gate = await startGate(t, server.url, mode);
      await withPage(`${gate.url}/progress/${ID}`, { expected: [FAILED_REQUEST, FAILED_SOCKET] }, async (page, { requests }) => {
        const sockets = socketsOf(page);
        await server.control("updates", { id: ID, count: 1, prefix: "before" });
        const options = { transports: ["polling", "websocket"], path: server.path, timeout: 3_000 };
        const followed = await follow(page, { id: ID, options });
        await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length >= 1);
        await server.control("lines", { id: ID, count: 20 });
        await followed.untilLines(20);
        await until("the WebSocket is given up", () => sockets.length === 1 && sockets[0].isClosed());
        await server.control("lines", { id: ID, first: 21, count: 20 });
        await followed.untilLines(40);
        // Until python-engineio notices that the WebSocket has gone it tells polls nothing. Under uvicorn it never does: that
        // session is given up.
        if (mode !== "swallow" || kind !== "asgi") assert.deepEqual(await followed.events("disconnect"), []);
        assert.equal(requests.handshakes().length, (await followed.events("connect")).length);
        await server.control("final", { id: ID });
        const { lines, ends } = await followed.until("the end", ({ done }) => done.length > 0);
        assert.deepEqual(lines, numbered("line", 1, 40));
        assert.equal(ends.length, 1);
        assert.equal(gate.asked(), 1);
      });
    });
  }
}

/** Emits at one stroke until nothing more may wait, and notes in `window.sent` what the WebSocket was given, and when all has left. */
const emitMuch = (/** @type {string} */ path) => {
  const all = /** @type {any} */ (window);
  const { send } = WebSocket.prototype;
  /** What waited in the browser before each message. @type {number[]} */
  let before = [];
  WebSocket.prototype.send = function (data) {
    before.push(this.bufferedAmount);
    return send.call(this, data);
  };
  const run = async () => {
    const { connect } = await import(/** @type {string} */ ("/pkg/index.js"));
    const client = await connect({ path, transports: ["websocket"], forceNew: true, maxEmitBuffer: 2_000_000 });
    await client.emitWithAck("echo", "live");
    before = [];
    const text = "x".repeat(30_000);
    let taken = 0;
    let refused;
    try {
      for (; taken < 1_000; taken += 1) client.emit("much", text);
    } catch (error) {
      refused = /** @type {any} */ (error).code;
    }
    const atOnce = before.length;
    // It waits for room of its own, and is behind all the others.
    for (let answer; answer !== "last"; ) {
      answer = await client.emitWithAck("echo", "last").then((/** @type {any} */ answer) => [answer].flat(2)[0], () => new Promise((resolve) => setTimeout(resolve, 20)));
    }
    return { taken, refused, atOnce, sent: before.length, most: Math.max(...before) };
  };
  run().then(
    (sent) => (all.sent = sent),
    (error) => (all.sent = String(error)),
  );
};

for (const name of /** @type {const} */ (["chromium", "firefox"])) {
  test(`what a page emits faster than its WebSocket takes it waits in the page, up to the bound (${name})`, LIMIT, async (t) => {
    const server = await start(t, "flask");
    const url = `${server.url}/progress/${ID}`;
    /** @param {(run: any, given?: any) => Promise<any>} evaluate */
    const run = async (evaluate) => {
      await evaluate(emitMuch, server.path);
      const { taken, refused, atOnce, sent, most } = await until("all has left", () => evaluate(() => /** @type {any} */ (window).sent));
      assert.equal(refused, "BUFFER_FULL");
      assert.ok(taken > 60 && taken < 75, `${taken} of 30,000 bytes wait`);
      assert.equal(atOnce, 3, "the third one crosses the bound of what may wait in the browser");
      assert.ok(sent > taken, `${sent} messages for ${taken} events`);
      assert.ok(most < 65_536, `${most} bytes waited in the browser as more was sent`);
    };
    if (name === "firefox") {
      const browser = await startBrowser(t, "firefox");
      await browser.goto(url);
      return run((code, given) => browser.evaluate(code, [given]));
    }
    await withPage(url, { expected: [FAILED_REQUEST, FAILED_SOCKET] }, (page) => run((code, given) => page.evaluate(code, given)));
  });
}

/** Connects with one client after another, each over a connection of its own, and notes in `window.asked` how many WebSockets each has asked for. */
const connectInTurn = (/** @type {string} */ path) => {
  const all = /** @type {any} */ (window);
  let opened = 0;
  window.WebSocket = class extends WebSocket {
    /** @param {string | URL} url */
    constructor(url) {
      super(url);
      opened += 1;
    }
  };
  const run = async () => {
    const { connect } = await import(/** @type {string} */ ("/pkg/index.js"));
    const made = (/** @type {string[]} */ transports, options = {}) => connect({ ...options, path, transports, forceNew: true });
    /** By the time of the answers the client is live, and has begun to upgrade if it is to. */
    const settle = async (/** @type {any} */ client) => {
      for (let n = 0; n < 3; n += 1) await client.emitWithAck("echo", n);
      const asked = opened;
      opened = 0;
      return asked;
    };
    const first = await made(["websocket", "polling"]);
    const asked = [await settle(first)];
    for (const transports of [["websocket", "polling"], ["polling", "websocket"]]) asked.push(await settle(await made(transports)));
    first.disconnect();
    first.connect();
    asked.push(await settle(first));
    // There is no other way for this one.
    const last = await made(["websocket"], { reconnection: false });
    if (opened === 0) await new Promise((resolve) => last.once("connect_error", resolve));
    asked.push(opened);
    return asked;
  };
  run().then(
    (asked) => (all.asked = asked),
    (error) => (all.asked = String(error)),
  );
};

for (const name of /** @type {const} */ (["chromium", "firefox"])) {
  test(`what one client of a page has found of WebSockets the next one knows, and the page that is loaded anew finds out again (${name})`, LIMIT, async (t) => {
    const server = await start(t, "flask");
    const gate = await startGate(t, server.url, "refuse");
    const url = `${gate.url}/progress/${ID}`;
    /** @param {() => Promise<unknown>} goto @param {(run: any, given?: any) => Promise<any>} evaluate */
    const run = async (goto, evaluate) => {
      for (const asked of [2, 4]) {
        await goto();
        await evaluate(connectInTurn, server.path);
        assert.deepEqual(await until("all have connected", () => evaluate(() => /** @type {any} */ (window).asked)), [1, 0, 0, 0, 1]);
        await until("the proxy was asked by the first and the last", () => gate.asked() === asked);
      }
    };
    if (name === "firefox") {
      const browser = await startBrowser(t, "firefox");
      return run(() => browser.goto(url), (code, given) => browser.evaluate(code, [given]));
    }
    await withPage("about:blank", { expected: [FAILED_REQUEST, FAILED_SOCKET] }, (page) => run(() => page.goto(url), (code, given) => page.evaluate(code, given)));
  });
}

/** The WebSockets that the page opens from now on. @param {import("playwright-core").Page} page */
function socketsOf(page) {
  /** @type {import("playwright-core").WebSocket[]} */
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket));
  return sockets;
}

// The same talk with the npm server through socket.io-client and through ours, for each setting of `transports`: the same packets go over
// the wire, in the same order and by the same transport, but for what `DIFFERENCES` says, and
// docs/guides/socket-io-client.md in the same words.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { read, rowsOf } from "./support/documents.mjs";
import { startGate } from "./support/gate.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { sessionsOf } from "./support/wire.mjs";

/** @typedef {import("./support/wire.mjs").Session} Session */
/** @typedef {{ transports: string[], refused: boolean, nth: number }} At the setting, whether WebSockets are refused, and the session's place */

const FAILED_SOCKET = /^console: WebSocket connection to/;

const SETTINGS = [["polling"], ["polling", "websocket"], ["websocket"], ["websocket", "polling"]];

const CASES = [false, true].flatMap((refused) => SETTINGS.filter((setting) => !refused || setting.includes("websocket")).map((transports) => ({ transports, refused })));

/**
 * What ours does otherwise, and why: each makes of a session of socket.io-client the one that ours has.
 * @type {{ what: string, why: string, ours: (session: Session, at: At) => unknown }[]}
 */
const DIFFERENCES = [
  {
    what: "`t`, the field against caches, is in the query of a WebSocket, too",
    why: "a proxy that knows no WebSockets takes the request for a GET, and may have an answer",
    ours: ({ socket }) => socket?.asks.splice(socket.asks.indexOf("transport"), 0, "t"),
  },
  {
    what: "a WebSocket is left with a close packet and the code 1000, not with neither",
    why: "a proxy that keeps the server's side open hands the packet on",
    ours({ socket }) {
      if (socket?.closed !== 1005) return;
      socket.sent.push("1");
      socket.closed = 1000;
    },
  },
  {
    what: "after `disconnect()` and `connect()` acknowledgements are numbered from 0 again",
    why: "none of a connection that is gone comes over the next",
    ours({ posted, polled, socket }, { nth }) {
      if (nth !== 2) return;
      const numbers = [...new Set([...posted, ...(socket?.sent ?? [])].map((packet) => packet.match(ACK)?.[2]).filter(Boolean))];
      for (const packets of [posted, polled, socket?.sent ?? [], socket?.heard ?? []]) {
        for (const [place, packet] of packets.entries()) packets[place] = packet.replace(ACK, (whole, kind, number) => (numbers.includes(number) ? kind + numbers.indexOf(number) : whole));
      }
    },
  },
  {
    what: "nothing is sent to a session whose poll has failed, not even a goodbye",
    why: "what became of it nobody knows; a server that lives finds out by its heartbeat",
    ours({ posted, socket }, { nth }) {
      if (nth === 0 && !socket && posted.at(-1) === "1") posted.pop();
    },
  },
  {
    what: "a WebSocket that is to take over is asked for once the page is connected, not with the first poll",
    why: "what the page waits for comes first",
    ours({ socket }) {
      if (socket?.begins) socket.begins = "once CONNECT is granted";
    },
  },
  {
    what: "a WebSocket that was refused is not asked for again with each connection of the page",
    why: "where a proxy lets none through, each would cost a request; and with `websocket` first the page would wait for it",
    ours(session, { transports, nth }) {
      if (nth > 0 && transports.length > 1) session.refused = false;
    },
  },
];

/** A packet with a number of ours: what comes before that. */
const ACK = /^(42|43|45\d-|46\d-)(\d+)(?=\[)/;

/** Runs in the page: opens a connection through a client. @param {[string, object]} given */
const open = async ([which, options]) => {
  const { SPELLING } = await import("/support/rows.js");
  const client = (window.client = await SPELLING[which].open(options));
  window.heard = [];
  for (const event of ["connect", "disconnect"]) client.on(event, () => window.heard.push(event));
  client.on("whatever", () => window.heard.push("whatever"));
  client.on("question", (value, answer) => answer(value + 1, Uint8Array.of(9)));
  if (client.connected) window.heard.push("connect");
};

/** Runs in the page: text and bytes, with and without acknowledgement, one after the other. */
const talk = async () => {
  const { client } = window;
  const bounce = (...args) => new Promise((resolve) => client.once("bounced", resolve) && client.emit("bounce", ...args));
  await bounce("text", { n: [1, null, "ü\u2028"] });
  await client.emitWithAck("echo", 1, "two");
  await bounce({ deep: Uint8Array.of(1, 2, 255) }, Uint8Array.of(3));
  await client.emitWithAck("echo", new Uint8Array());
};

/**
 * The sessions of one client: a talk, a restart of the server, a goodbye of the page, and one of the server.
 * @param {import("node:test").TestContext} t @param {"ours" | "peer"} which @param {string[]} transports @param {boolean} refused
 */
async function sessions(t, which, transports, refused) {
  const server = await startServer(t, "node", { page: true, transports: "polling,websocket" });
  const upgrades = transports[0] === "polling" && transports.length > 1 && !refused;
  // The upgrade waits until CONNECT is granted: what comes by which transport is not chance.
  const mode = refused ? "refuse" : upgrades ? "hold" : "pass";
  const gate = await startGate(t, server.url, mode);
  let found;
  await withPage(`${gate.url}/`, { expected: [FAILED_REQUEST, FAILED_SOCKET], before: "wire.js", record: false }, async (page) => {
    const wire = () => page.evaluate(() => window.wire);
    const heard = (/** @type {string} */ event, /** @type {number} */ count) => until(`${event} ${count}`, async () => (await page.evaluate(() => window.heard)).filter((one) => one === event).length >= count, { seen: wire });
    const live = async (/** @type {number} */ nth) => {
      await heard("connect", nth);
      if (upgrades) {
        gate.mode("pass");
        await until("a WebSocket takes over", async () => (await wire()).filter(({ sent }) => sent.includes("5")).length >= nth, { seen: wire });
        gate.mode("hold");
      }
      await page.evaluate(talk);
    };
    const options = { transports, path: server.path, reconnectionDelay: 100, reconnectionDelayMax: 100, reconnectionAttempts: 100_000, timeout: 150_000 };
    // It tries the second transport only if one says so.
    const tryAllTransports = which === "peer" && transports[0] === "websocket" ? { tryAllTransports: true } : {};
    await page.evaluate(open, [which, { ...options, ...tryAllTransports }]);
    if (refused && transports.length === 1) {
      await until("it is tried again", async () => (await wire()).filter(({ closed }) => closed).length > 1, { seen: wire });
      gate.mode("pass");
    }
    await live(1);
    await server.control("ask", { event: "question", args: [41] });
    await server.until("the answer", ({ answers }) => answers.length === 1);
    await server.control("emit", { event: "whatever", payload: { of: "the server" } });
    await heard("whatever", 1);
    // A WebSocket that fails while the server is away, with a long-polling beside it that finds it back, would be chance.
    const waits = transports[0] === "websocket" && !refused;
    if (waits) gate.mode("hold");
    server.kill();
    await heard("disconnect", 1);
    await server.start();
    if (waits) gate.mode("pass");
    await live(2);
    await page.evaluate(() => window.client.disconnect());
    await server.until("the goodbye", ({ connected }) => connected === 0);
    await page.evaluate(() => window.client.connect());
    await live(3);
    await server.control("disconnect");
    await heard("disconnect", 3);
    await until("each end is seen", async () => sessionsOf(await wire()).slice(0, 3).every(({ socket, posted }, nth) => nth === 0 || (socket ? socket.closed : posted.includes("1"))), { seen: wire });
    // A page that someone looks at goes on; socket.io-client leaves it to the page's handler (support/rows.mjs).
    found = sessionsOf(await wire()).slice(0, 3);
    // A goodbye may overtake the poll before it, and browsers repeat a poll whose connection broke, perhaps when the server is there again.
    for (const session of found) session.polled = session.polled.filter((/** @type {string} */ packet) => !packet.includes("Session ID unknown"));
    // While the server was away each WebSocket was refused, which is chance.
    for (const [nth, session] of found.entries()) session.refused &&= refused && (nth === 0 || transports.length > 1);
  });
  return found;
}

/** @type {Set<typeof DIFFERENCES[number]>} */
const used = new Set();
let compared = 0;
after(() => {
  const unused = DIFFERENCES.filter((difference) => !used.has(difference));
  // Where only some tests are run, some are not met.
  if (compared === CASES.length) assert.deepEqual(unused.map(({ what }) => what), [], "differences that there are no more");
});

for (const { transports, refused } of CASES) {
  test(`the same goes over the wire with ${transports.join(" and ")}${refused ? ", where WebSockets are refused" : ""}, or what the list says`, LIMIT, async (t) => {
    const peer = await sessions(t, "peer", transports, refused);
    const ours = await sessions(t, "ours", transports, refused);
    for (const difference of DIFFERENCES) {
      const before = JSON.stringify(peer);
      for (const [nth, session] of peer.entries()) difference.ours(session, { transports, refused, nth });
      if (JSON.stringify(peer) !== before) used.add(difference);
    }
    assert.deepEqual(ours, peer);
    compared += 1;
  });
}

test("the guide lists what differs on the wire, and why", () => {
  const rows = rowsOf(read("docs/guides/socket-io-client.md")).map((cells) => cells.join(" | "));
  for (const { what, why } of DIFFERENCES) assert.ok(rows.includes(`${what} | ${why}`), `no row: | ${what} | ${why} |`);
});

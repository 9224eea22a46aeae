// What goes over the wire (page/wire.js), session by session, without what may differ from one run to the next: ids, the field against
// caches, how packets are shared out among polls and POSTs, and when a poll ends with nothing.

/**
 * @typedef {object} Entry a request or a WebSocket
 * @property {string} method
 * @property {Record<string, string>} query
 * @property {string[]} sent packets
 * @property {string[]} heard packets
 * @property {string | null} [type] of the content of a POST
 * @property {number} [status] of an answer; 0: there was none
 * @property {unknown[]} [closes] what the page closed a WebSocket with
 * @property {number} [closed] its close code
 */

/**
 * @typedef {object} Socket the WebSocket of a session
 * @property {string[]} asks the names in its query
 * @property {"from the start" | "once CONNECT is granted"} [begins] where the session was opened over long-polling
 * @property {string[]} sent packets
 * @property {string[]} heard packets
 * @property {number | undefined} closed its close code
 *
 * @typedef {object} Session
 * @property {boolean} refused whether a WebSocket was asked for just before it, or for it, and refused
 * @property {string[]} asked the kinds of its requests: method, names in the query, and the type of what is sent
 * @property {string[]} posted packets
 * @property {string[]} polled packets
 * @property {Socket | null} socket
 */

/** Says nothing of either client: when a poll ends, and the heartbeat, which the server's clock decides. */
const isTold = (/** @type {string} */ packet) => !["6", "2", "3", "ok"].includes(packet);

/** The ids that a server gives are its own. */
const plain = (/** @type {string} */ packet) => packet.replace(/"sid":"[^"]+"/, '"sid":"…"');

const told = (/** @type {string[]} */ packets) => packets.filter(isTold).map(plain);

/** @param {Entry[]} wire @returns {Session[]} those that were opened, in order */
export function sessionsOf(wire) {
  /** @type {Map<string, Entry[]>} */
  const entries = new Map();
  /** @type {Set<string>} */
  const refused = new Set();
  /** The last one without a session. @type {Entry | undefined} */
  let before;
  for (const entry of wire) {
    const sid = entry.query.sid ?? entry.heard[0]?.match(/^0.*?"sid":"([^"]+)"/)?.[1];
    if (!sid) {
      before = entry;
      continue;
    }
    if (!entries.has(sid)) {
      if (before?.method === "WebSocket" && before.closed === 1006) refused.add(sid);
      before = undefined;
    }
    if (entry.method === "WebSocket" && entry.heard.length === 0) refused.add(sid);
    entries.set(sid, [...(entries.get(sid) ?? []), entry]);
  }
  return Array.from(entries, ([sid, own]) => {
    const requests = own.filter(({ method }) => method !== "WebSocket");
    const [socket] = own.filter(({ method, heard }) => method === "WebSocket" && heard.length > 0);
    const kinds = requests.map(({ method, query, type }) => [method, names(query), type].filter(Boolean).join(" "));
    return {
      refused: refused.has(sid),
      asked: [...new Set(kinds)].toSorted(),
      posted: told(requests.flatMap(({ sent }) => sent)),
      polled: told(requests.flatMap(({ heard }) => heard)),
      socket: socket ? socketOf(own, socket) : null,
    };
  });
}

/** @param {Record<string, string>} query */
const names = ({ transport, ...query }) => `${transport}(${Object.keys(query).toSorted().join()})`;

/** @param {Entry[]} own @param {Entry} socket @returns {Socket} */
function socketOf(own, socket) {
  // The second poll follows the answer to the first, with which CONNECT is granted.
  const polls = own.slice(0, own.indexOf(socket)).filter(({ method, query }) => method === "GET" && query.sid);
  return {
    asks: Object.keys(socket.query).toSorted(),
    ...(socket.query.sid ? { begins: polls.length < 2 ? /** @type {const} */ ("from the start") : /** @type {const} */ ("once CONNECT is granted") } : {}),
    sent: told(socket.sent),
    heard: told(socket.heard),
    closed: socket.closed,
  };
}

// Whether a WebSocket reaches the server, where the page wants one.

import { refusalOf } from "./refusal.js";
import { reason } from "./session.js";

/** How long it may take until the server's first packet is there, in milliseconds. */
const OPEN_MS = 5000;
/** How long the application may take to grant the connection. */
const GRANT_MS = 5000;

/**
 * Opens a session over a WebSocket. Why there is none, a browser tells no page; what the policy forbids it tells the document.
 * @param {import("./visit.js").Visit} visit
 * @param {import("./findings.js").Diagnosis} diagnosis
 * @param {{ session?: import("./visit.js").Session, offered: boolean }} found over long-polling, and whether the server offers it there
 * @param {boolean} first whether the page's connections begin with one
 * @param {string} [auth] JSON
 */
export async function tryWebSocket(visit, diagnosis, { session, offered }, first, auth = "") {
  if (visit.isOver || diagnosis.has("ORIGIN_REFUSED")) return undefined;
  const severity = first ? "error" : "warning";
  /** @type {WebSocket} */
  let socket;
  try {
    socket = visit.webSocket();
  } catch {
    // Firefox and WebKit throw what Chromium only tells the document.
    return diagnosis.find("WEBSOCKET", { forbidden: true, severity });
  }
  /** @type {(ms: number) => Promise<string | undefined>} */
  const next = (ms) => Promise.race([new Promise((resolve) => (socket.onmessage = ({ data }) => resolve(String(data)))), visit.after(ms)]);
  const ended = new Promise((resolve) => (socket.onclose = () => resolve("")));
  const opened = await Promise.race([next(OPEN_MS), ended, visit.forbiddenSocket]);
  if (visit.isOver) return undefined;
  if (opened === true) return diagnosis.find("WEBSOCKET", { forbidden: true, severity });
  if (!opened?.startsWith("0{")) {
    if (await Promise.race([visit.forbiddenSocket, visit.violated()])) return diagnosis.find("WEBSOCKET", { forbidden: true, severity });
    // Only requests that could change something tell their origin, and WebSockets.
    const posted = session && (await visit.ask({ method: "POST", ...session, body: "6" }));
    if (posted && refusalOf(posted.text) === "ORIGIN_REFUSED") return diagnosis.find("ORIGIN_REFUSED");
    return diagnosis.find("WEBSOCKET", { offered, silent: opened === undefined, severity });
  }
  diagnosis.fine("WEBSOCKET");
  if (!first) return undefined;

  const name = visit.namespace === "/" ? "" : `${visit.namespace},`;
  socket.send(`40${name}${auth}`);
  for (let packet; (packet = await Promise.race([next(GRANT_MS), ended])); ) {
    if (packet.startsWith("44")) return diagnosis.find("REFUSED", { what: reason(packet.slice(2 + name.length)) });
    if (packet.startsWith("4")) return diagnosis.fine("REFUSED");
    if (packet === "2") socket.send("3");
  }
}

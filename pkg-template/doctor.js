// research-socket/doctor: tells a person what keeps this page and this server from working together. It needs no WebAssembly,
// and knows as little of the protocols as it can.

import { readOptions } from "./client/options.js";
import { browser } from "./core/browser.js";
import { Diagnosis } from "./doctor/findings.js";
import { checkClock, checkWasm } from "./doctor/page.js";
import { Patience } from "./doctor/patience.js";
import { openSession } from "./doctor/reach.js";
import { examine } from "./doctor/session.js";
import { Visit } from "./doctor/visit.js";
import { tryWebSocket } from "./doctor/websocket.js";

/** How long all of it may take, in milliseconds: as long as one attempt of `connect` to connect. */
const TIMEOUT_MS = 20_000;

/** @param {object} [options] those of `connect`, and `patient` */
export async function doctor(options = {}) {
  if (!browser.present || typeof document === "undefined" || browser.missing.length > 0) throw new Error("doctor() needs a page in a browser: it looks at that page as well as at the server.");
  const { patient = false, ...shared } = Object(options);
  const { connection, credentials, own } = readOptions(Object(options) === options ? shared : options, browser.href);
  const { timeout = TIMEOUT_MS, transports = ["polling"] } = connection;
  if (typeof patient !== "boolean") throw new TypeError("option `patient` must be true or false");
  own.signal?.throwIfAborted();

  const visit = new Visit(connection, timeout, own.signal);
  const diagnosis = new Diagnosis(visit);
  const patience = patient ? new Patience(visit, own.logger) : undefined;
  try {
    const { auth } = await visit.prepare(credentials);
    checkWasm(diagnosis);
    const first = transports[0] === "websocket";
    if (!transports.includes("websocket")) diagnosis.skip("WEBSOCKET");
    if (first) diagnosis.skip("POLLING_REFUSED", "ORIGIN_REFUSED", "STICKY_SESSION", "PROXY_BUFFERING");
    if (!patient) diagnosis.skip("PROXY_TIMEOUT");
    const found = await openSession(visit, diagnosis, !first);
    checkClock(visit, diagnosis);
    // Whoever begins with a WebSocket needs no session to last over long-polling.
    if (found?.session && !first) {
      patience?.holdPoll();
      await examine(visit, found.session, diagnosis, auth);
      if (!diagnosis.isFine("STICKY_SESSION")) patience?.giveUp();
    }
    if (found && transports.includes("websocket")) await tryWebSocket(visit, diagnosis, found, first, auth);
    if (diagnosis.isFine("WEBSOCKET")) patience?.holdWebSocket();
    await patience?.judge(diagnosis);
  } finally {
    await visit.end();
  }
  own.signal?.throwIfAborted();
  return diagnosis.report();
}

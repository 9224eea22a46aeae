// research-socket/doctor: tells a person what keeps this page and this server from working together. It needs no WebAssembly,
// and knows as little of the protocols as it can.

import { readOptions } from "./client/options.js";
import { browser } from "./core/browser.js";
import { Diagnosis } from "./doctor/findings.js";
import { checkClock, checkWasm } from "./doctor/page.js";
import { openSession } from "./doctor/reach.js";
import { examine } from "./doctor/session.js";
import { Visit } from "./doctor/visit.js";

/** How long all of it may take, in milliseconds: as long as one attempt of `connect` to connect. */
const TIMEOUT_MS = 20_000;

/** @param {object} [options] those of `connect` */
export async function doctor(options = {}) {
  if (!browser.present || typeof document === "undefined" || browser.missing.length > 0) throw new Error("doctor() needs a page in a browser: it looks at that page as well as at the server.");
  const { connection, credentials, own } = readOptions(options, browser.href);
  const { timeout = TIMEOUT_MS } = connection;
  own.signal?.throwIfAborted();

  const visit = new Visit(connection, timeout, own.signal);
  const diagnosis = new Diagnosis(visit);
  try {
    const { auth } = await visit.prepare(credentials);
    checkWasm(diagnosis);
    const session = await openSession(visit, diagnosis);
    checkClock(visit, diagnosis);
    if (session) await examine(visit, session, diagnosis, auth);
  } finally {
    await visit.end();
  }
  own.signal?.throwIfAborted();
  return diagnosis.report();
}

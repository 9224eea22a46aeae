// Whether a session does what it should: every request reaches it, and answers come as soon as they are ready.

import { WAIT_MS, tooFew, unlessItWaits, waitedForConnection } from "./budget.js";
import { excerpt, refusalOf } from "./refusal.js";

/** A namespace that no server has: refusing it is an answer that every server gives at once, without asking the application. */
const NOWHERE = "/research-socket-doctor";

/** How often: each is a GET and a POST, which several workers cannot all get right by chance for long. */
const PROBES = 4;

/** An answer that is later than this is looked at once more, and a finding the second time. In milliseconds. */
const LATE_MS = 1000;
/** Above this, a ping in the same answer is no chance. */
const WITH_PING_MS = 200;
/** No network is that slow. */
const FAR_TOO_LATE_MS = 3000;
/** How long the application may take to grant the connection. */
const GRANT_MS = 5000;
/** How much later than the first ping an answer may be that waits for it. */
const AFTER_PING_MS = 1500;

/** Polls for one answer: a server that answers at once, with something else, is not asked for ever. */
const MAX_POLLS = 20;

/**
 * @param {import("./visit.js").Visit} visit
 * @param {import("./visit.js").Session} session
 * @param {import("./findings.js").Diagnosis} diagnosis
 * @param {string} [auth] JSON
 */
export async function examine(visit, session, diagnosis, auth) {
  let late = 0;
  for (let n = 0; n < PROBES; n += 1) {
    const { refused, delay, pinged, missing, waited } = await probe(visit, session, diagnosis);
    if (waited >= WAIT_MS) return tooFew(diagnosis, waited);
    if (refused) return refuse(refused, diagnosis);
    // It waits for a connection. Or pings have come, and the answer has not: this server has none, and nobody keeps it back.
    if (delay === undefined) return undefined;
    const withPing = pinged && delay > WITH_PING_MS;
    if (delay > LATE_MS) late += 1;
    if (withPing || delay > FAR_TOO_LATE_MS || late > 1) {
      const seconds = (delay / 1000).toFixed(1);
      const words = missing ? `had not come ${seconds} s later` : withPing ? `came only with the ping, ${seconds} s late` : `came ${seconds} s late`;
      return diagnosis.find("PROXY_BUFFERING", { what: words });
    }
  }
  diagnosis.fine("ORIGIN_REFUSED", "STICKY_SESSION", "PROXY_BUFFERING");
  return askForNamespace(visit, session, diagnosis, auth);
}

/** Has the server make an answer, and measures how long after that it comes. */
async function probe(visit, session, diagnosis) {
  const stop = visit.controller();
  const heard = hear(visit, session, `44${NOWHERE}`, stop.signal);
  try {
    const posted = await unlessItWaits(visit.ask({ method: "POST", ...session, body: `40${NOWHERE},` }), visit, diagnosis);
    if (!posted) return {};
    const waited = waitedForConnection(posted);
    if (waited >= WAIT_MS) return { waited };
    if (posted.status !== 200 || posted.sentTo !== null) return { refused: posted };
    // By now the answer is ready: the server has dealt with the packet.
    const answer = await Promise.race([heard, visit.after(session.pingInterval + AFTER_PING_MS)]);
    if (answer?.refused || (answer?.pinged && !answer.packet)) return { refused: answer.refused };
    return { pinged: answer?.pinged, waited: answer?.waited, delay: (answer?.at ?? performance.now()) - posted.at, missing: !answer?.packet };
  } finally {
    stop.abort();
  }
}

/** Polls until a packet comes that begins so, and answers pings meanwhile. */
async function hear(visit, session, beginning, signal) {
  let pinged = false;
  for (let polls = 0; polls < MAX_POLLS; polls += 1) {
    const answer = await visit.ask({ ...session, signal });
    if (answer.failed === "late") break;
    if (answer.status !== 200 || answer.sentTo !== null) return { refused: answer };
    const packets = answer.text.split("\x1e");
    const withPing = packets.includes("2");
    if (withPing) void visit.ask({ method: "POST", ...session, body: "3" });
    const packet = packets.find((text) => text.startsWith(beginning));
    if (packet !== undefined) return { packet, pinged: withPing, at: answer.at, waited: waitedForConnection(answer) };
    pinged ||= withPing;
  }
  return { pinged };
}

async function askForNamespace(visit, session, diagnosis, auth = "") {
  const name = visit.namespace === "/" ? "" : `${visit.namespace},`;
  const stop = visit.controller();
  const heard = hear(visit, session, "4", stop.signal);
  const posted = await visit.ask({ method: "POST", ...session, body: `40${name}${auth}` });
  const { packet, refused = posted } = (await Promise.race([heard, visit.after(GRANT_MS)])) ?? {};
  stop.abort();
  if (packet?.startsWith("44")) diagnosis.find("REFUSED", { what: reason(packet.slice(2 + name.length)) });
  else if (packet !== undefined) diagnosis.fine("REFUSED");
  else if (refused.status !== 200 || refused.sentTo !== null) refuse(refused, diagnosis);
}

/** A request of a session that the server has just opened was not answered as it should be. */
function refuse({ status, failed, sentTo, text }, diagnosis) {
  const refusal = status === 400 && text.trim() ? (refusalOf(text) ?? "OTHER") : "SESSION";
  if (refusal === "OTHER") diagnosis.find("UNREACHABLE", { what: `it has opened a session, and then answers 400 "${excerpt(text)}"` });
  else if (refusal !== "SESSION") diagnosis.find(refusal);
  else if (failed) diagnosis.find("UNREACHABLE", { what: "it has opened a session, and then does not answer" });
  else if (status === 400 || status === 404) diagnosis.find("STICKY_SESSION", { what: `a request with its id was answered ${status}` });
  else if (sentTo !== null) diagnosis.find("LOGIN_REDIRECT", { what: `opens a session, and then sends requests on to ${sentTo}` });
  else if (status === 401 || status === 403) diagnosis.find("LOGIN_REDIRECT", { what: `opens a session, and then answers ${status}` });
  else diagnosis.find("UNREACHABLE", { what: `it has opened a session, and then answers ${status}` });
}

/** Servers refuse with a bare string or with an object that has a `message`. @param {string} json */
export function reason(json) {
  try {
    const data = JSON.parse(json);
    return String(data?.message ?? data);
  } catch {
    return json.slice(0, 80);
  }
}

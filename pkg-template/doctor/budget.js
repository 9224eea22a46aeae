// Whether requests have to wait for a free connection: over HTTP/1.1 a browser has six to one server, for all its tabs.

import { readOpen } from "./visit.js";

/** From here on a request has waited, in milliseconds. */
export const WAIT_MS = 1000;
/** A request without an answer for so long is looked into. */
const SILENCE_MS = 2500;

/**
 * Waits for the answer, unless it is clear that the request waits for a connection: then that is the finding, and nothing comes.
 * @param {Promise<import("./visit.js").Answer>} asked
 * @param {import("./visit.js").Visit} visit
 * @param {import("./findings.js").Diagnosis} diagnosis
 */
export async function unlessItWaits(asked, visit, diagnosis) {
  const began = performance.now();
  const early = await Promise.race([asked, visit.after(SILENCE_MS)]);
  if (early || !(await answersBeside(visit))) return asked;
  tooFew(diagnosis, performance.now() - began, "more than ");
  return undefined;
}

export function tooFew(diagnosis, ms, atLeast = "") {
  diagnosis.find("CONNECTION_BUDGET", { seconds: `${atLeast}${(ms / 1000).toFixed(1)}` });
}

/**
 * Whether the server answers a request that may not use the connections which are taken: browsers keep those with and those
 * without cookies apart.
 */
async function answersBeside(visit) {
  const beside = visit.ask({ credentials: "omit" });
  const answer = await Promise.race([beside, visit.after(SILENCE_MS)]);
  const session = answer && readOpen(answer, visit.path);
  if (session) visit.remember({ ...session, credentials: "omit" });
  return Boolean(answer && !answer.failed && isHttp1(timing(answer)?.nextHopProtocol || "http/1"));
}

/** How long it waited before it was sent, apart from opening a connection. In milliseconds; 0 where the browser does not show it. */
export function waitedForConnection(answer) {
  const { fetchStart, domainLookupStart, connectEnd, requestStart, nextHopProtocol } = timing(answer) ?? {};
  if (!requestStart || !isHttp1(nextHopProtocol)) return 0;
  return requestStart - fetchStart - (connectEnd - domainLookupStart);
}

function isHttp1(protocol) {
  return protocol.startsWith("http/1");
}

/** @returns {PerformanceResourceTiming | undefined} */
function timing({ address }) {
  return performance.getEntriesByName(address, "resource").at(-1);
}

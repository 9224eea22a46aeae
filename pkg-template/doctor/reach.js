// Whether the server can be reached, and what answers there.

import { WAIT_MS, tooFew, unlessItWaits, waitedForConnection } from "./budget.js";
import { REACHED } from "./findings.js";
import { excerpt, refusalOf } from "./refusal.js";
import { OTHER_PATH, readOpen } from "./visit.js";

/** Where servers of the known releases answer. */
const PATHS = ["/socket.io", OTHER_PATH, "/research/socket.io"];

/**
 * Asks for a session as `connect` does. Returns it if there is a point in trying it.
 * @param {import("./visit.js").Visit} visit
 * @param {import("./findings.js").Diagnosis} diagnosis
 * @param {boolean} polls whether the page needs long-polling
 * @returns {Promise<{ session?: import("./visit.js").Session, offered: boolean } | undefined>} and whether the server offers WebSockets
 */
export async function openSession(visit, diagnosis, polls) {
  const asked = performance.now();
  const answer = await unlessItWaits(visit.open(), visit, diagnosis);
  if (!answer) return undefined;
  if (answer.failed) return void (await explainSilence(answer, visit, diagnosis, performance.now() - asked));
  const waited = waitedForConnection(answer);
  if (waited >= WAIT_MS) tooFew(diagnosis, waited);
  else diagnosis.fine("CONNECTION_BUDGET");

  const session = readOpen(answer, visit.path);
  if (session) {
    visit.remember(session);
    diagnosis.fine(...REACHED);
    // What is slow by waiting would look like a proxy that keeps answers back.
    return waited >= WAIT_MS ? undefined : { session, offered: session.offers.includes("websocket") };
  }
  diagnosis.fine("CSP_CONNECT", "CORS");
  if (!polls && answer.status === 400 && refusalOf(answer.text) === "POLLING_REFUSED") {
    diagnosis.fine(...REACHED);
    return { offered: true };
  }
  await explain(answer, visit, diagnosis);
  return undefined;
}

async function explainSilence({ failed }, visit, diagnosis, lasted) {
  if (failed === "late") return diagnosis.find("UNREACHABLE", { what: `there was no answer within ${seconds(lasted)} s`, silent: true });
  if (await visit.forbidden()) return diagnosis.find("CSP_CONNECT");
  // What is not followed shows that it is a redirect, if the server lets this page read that.
  const again = await visit.ask({ redirect: "manual" });
  const session = readOpen(again, visit.path);
  if (session) visit.remember(session);
  if (again.sentTo !== null) return diagnosis.find("LOGIN_REDIRECT", { what: "sends requests on to another origin" });
  if (visit.about.foreign) {
    // Such a request needs nobody's permission, and shows only whether there is an answer. It opens no session.
    const blind = await visit.ask({ mode: "no-cors", transport: "none" });
    if (!blind.failed) return diagnosis.find("CORS");
  }
  diagnosis.find("UNREACHABLE", { what: navigator.onLine ? "the request failed" : "the browser says that there is no network" });
}

/** Something has answered, but has opened no session. */
async function explain(answer, visit, diagnosis) {
  const { status, sentTo, text } = answer;
  if (status >= 500) return diagnosis.find("UNREACHABLE", { what: `the server, or a proxy before it, answers ${status}` });
  diagnosis.fine("UNREACHABLE");
  // The length before the packet, in the two ways in which it was written then.
  const isVersion3 = /^\d+:0\{/.test(text) || /^\0[\0-\x09]+\S?0\{/.test(text);
  if (isVersion3) return diagnosis.find("PROTOCOL_V3", { old: true });
  const refusal = status === 400 ? refusalOf(text) : undefined;
  if (refusal && refusal !== "SESSION") return diagnosis.find(refusal);
  if (sentTo !== null) return diagnosis.find("LOGIN_REDIRECT", { what: `sends requests on to ${sentTo}` });
  if (status === 401 || status === 403) return diagnosis.find("LOGIN_REDIRECT", { what: `answers ${status}` });
  const isPage = /html/i.test(answer.type) || /^\s*<(!doctype|html)/i.test(text);
  if (status === 200 && isPage && /type=["']?password/i.test(text)) return diagnosis.find("LOGIN_REDIRECT", { what: "answers with a login page" });
  // Where there is a page for every path, none is 404.
  const other = status === 404 || isPage ? await findOther(visit) : undefined;
  if (status === 404 || other) return diagnosis.find("PATH_404", { other });
  diagnosis.find("NOT_SOCKET_IO", { what: `${status} ${answer.type.split(";")[0]} "${excerpt(text)}"` });
}

async function findOther(visit) {
  for (const path of PATHS) {
    if (path === visit.path) continue;
    const session = readOpen(await visit.ask({ path }), path);
    if (!session) continue;
    visit.remember(session);
    return path;
  }
  return undefined;
}

function seconds(ms) {
  return (ms / 1000).toFixed(1);
}

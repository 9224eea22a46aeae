// The first requests of a connection, made while its core is on its way. The core asks for the same when it is there, and is given the
// answers: it knows nothing of this. From its handshake on it asks for all else by itself.

import { wholeOf } from "../core/host.js";

/** Ids of sessions and researches that stand in an address, and in JSON, as they are. */
const PLAIN = /^[\w-]+$/;

/** The largest answer that is read ahead, as the core has it. */
const MAX_BYTES = 32 << 20;

/** The server grants the namespace, among the packets of a payload. */
const GRANT = /(^|\x1e)40{/;

/**
 * @param {Window} window
 * @param {object} given the options of the connection
 * @param {string | number} [id] a research that will be followed
 */
export function headStart(window, { url, path = "/socket.io", history, earlyHistory, logsPath = "/api/research/{id}/logs" }, id) {
  const logs = history !== false && PLAIN.test(id ?? "") ? url + logsPath.replace("{id}", id) : undefined;
  const server = `${url}${path.replace(/\/*$/, "/")}?EIO=4&transport=polling`;
  /** What was asked for and not taken. @type {{ key: string, text?: string, answer: Promise<Response>, controller: AbortController }[]} */
  const asked = [];
  /** Aborted once it is the core's, or nobody's. */
  const own = new AbortController();
  let isNobodys = false;
  /** The address of the session, once it is open. */
  let session;
  /** Until when it can be taken: later the server may have ended it. */
  let until = Infinity;
  // By the prototype: an element of the page could be named as its method.
  EventTarget.prototype.addEventListener.call(window, "pagehide", end, { signal: own.signal });
  // What goes wrong the core will find.
  run().catch(() => {});
  return { take, end };

  async function run() {
    const { sid, pingTimeout } = JSON.parse((await read(ask("GET", server))).slice(1));
    if (!PLAIN.test(sid ?? "")) return;
    session = `${server}&sid=${sid}`;
    until = performance.now() + pingTimeout / 2;
    if (isNobodys) leave();
    const answers = [read(ask("POST", session, "40")), read(ask("GET", session))];
    if (logs && earlyHistory !== false) ask("GET", logs);
    const [, granted] = await Promise.all(answers);
    if (!GRANT.test(granted) || !PLAIN.test(id ?? "")) return;
    const subscribed = read(ask("POST", session, `42["subscribe_to_research",{"research_id":${JSON.stringify(id)}}]`));
    ask("GET", session);
    // From before the subscription it may lack lines.
    if (/^ok$/i.test(await subscribed) && logs) ask("GET", logs);
  }

  function ask(method, address, text) {
    own.signal.throwIfAborted();
    const controller = new AbortController();
    const answer = send(method, address, { body: text, signal: controller.signal });
    answer.catch(() => {});
    asked.push({ key: method + address, text, answer, controller });
    return asked.at(-1);
  }

  /** The text of a good answer, which the core is then given in one piece. Nothing is kept of one that is too large. */
  async function read(request) {
    let bytes;
    request.answer = request.answer.then(async (response) => {
      if (!response.ok) return response;
      bytes = await wholeOf(response, MAX_BYTES);
      return new Response(bytes, response);
    });
    await request.answer;
    return new TextDecoder().decode(bytes);
  }

  /** As the core asks. */
  async function send(method, address, more) {
    // No cache between here and the server may answer.
    const at = address.includes("?") ? `${address}&t=${Math.random().toString(36).slice(2)}` : address;
    return window.fetch(new Request(at, { method, cache: "no-store", redirect: more.body ? "manual" : "follow", ...more }));
  }

  /**
   * The answer to a request of the core, if it was asked for.
   * @param {Request} request @param {RequestInit} init @param {string} [text] its body
   * @returns {Promise<Response> | undefined}
   */
  function take(request, init, text) {
    const isFirst = !own.signal.aborted;
    const key = request.method + request.url.replace(/&t=\w+/, "");
    const found = asked.find((each) => each.key === key);
    // Not another server's, and not one that the server may have ended.
    if (isFirst && (found !== asked[0] || performance.now() > until)) end();
    own.abort();
    if (!found || isNobodys) return undefined;
    asked.splice(asked.indexOf(found), 1);
    request.signal.addEventListener("abort", () => {
      found.controller.abort();
      if (isFirst) leave();
    });
    if (text === found.text) return found.answer;
    // What the server does not have yet; and what the page follows no more it lets go of.
    const packets = text.split("\x1e");
    const rest = packets.filter((packet) => packet !== found.text);
    if (rest.length === packets.length) rest.push(found.text.replace("subscribe_to", "unsubscribe_from"));
    return found.answer.then(() => window.fetch(new Request(request, { body: rest.join("\x1e") }), init));
  }

  /** Nobody takes it. */
  function end() {
    if (own.signal.aborted) return;
    own.abort();
    isNobodys = true;
    // Without its answer the session would be one that nobody can end.
    for (const { controller } of asked.slice(1)) controller.abort();
    leave();
  }

  function leave() {
    if (session) send("POST", session, { body: "1", keepalive: true }).catch(() => {});
  }
}

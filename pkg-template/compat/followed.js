// One research that the page has subscribed to: what the client tells of it, in the order of effects of the old script.
//
// The old script had one payload at a time: it showed a failure, wrote the lines of the log, and then called the handlers with
// the payload. The client tells lines, update and failure of a payload one after the other, and nothing but the line of a payload
// that is a mere line; so a call of the handlers waits until it is known what belongs to it, at most until the end of the task.

import { report } from "../client/error.js";

/** After these nothing more comes. */
export const TERMINAL = new Set(["completed", "suspended", "failed", "error", "cancelled"]);

export class Followed {
  id;
  /** The id of the type that the page gave, which the server and the page may tell apart. */
  given;
  /** Whether the handlers were told of the end. */
  ended = false;
  /** Whether the connection was lost since: then lines of the stored log were missed. */
  lost = false;
  /** Whether the server does not show it to whoever is signed in now. */
  refused = false;
  #page;
  #lines;
  #handlers = new Set();
  #since = Date.now();
  /** Whether it was seen to be under way. */
  #running = false;
  /** Lines that were written and whose payload may have more to it. */
  #written = [];
  /** An update whose failure is still to be put into words. */
  #failed;
  /** Whether the last update is such a one; a page that was busy gets the words a task later. */
  #isFailing = false;
  #scheduled = false;
  /** The text of an event that named no research, and comes again as an update of this one. */
  #twin;

  /**
   * @param {string | number} given
   * @param {import("./page.js").Page} page
   * @param {import("./lines.js").Lines} lines
   */
  constructor(given, page, lines) {
    this.id = String(given);
    this.given = given;
    this.#page = page;
    this.#lines = lines;
  }

  /** The same function is registered once. */
  add(handler) {
    this.#handlers.add(handler);
  }

  /** No handler is called any more. */
  clear() {
    this.#handlers.clear();
  }

  /** Whether it is a benchmark's run: nothing is asked of the server for one, which would answer 404. */
  get isBenchmark() {
    return this.#page.isBenchmark(this.id);
  }

  /**
   * @param {import("../client/client.js").Client} client
   * @param {import("./notices.js").Notices} notices
   * @param {import("./in-place.js").InPlace} [inPlace]
   */
  begin(client, notices, inPlace) {
    // Not what the server sends under another name: it is not in the words that the page's callback is made for.
    if (this.isBenchmark) return client.on(`progress_${this.id}`, this.#hear);
    const research = client.subscribe(this.given);
    inPlace?.follow(client, research);
    this.#attach(research, notices);
  }

  /** @param {import("../client/client.js").Client} client */
  end(client) {
    if (this.isBenchmark) client.off(`progress_${this.id}`, this.#hear);
    else client.unsubscribe(this.id);
  }

  #hear = (payload) => {
    if (Object(payload) === payload) this.take(payload);
  };

  #attach(research, notices) {
    const since = Date.now();
    research.on("log", (entry) => this.#handleLine(entry));
    research.on("update", (update) => this.#handleUpdate(update));
    research.on("failure", (failure) => this.#handleFailure(failure));
    research.on("end", (end) => this.#handleEnd(end));
    research.on("gap", (gap) => notices.gap(this.id, gap, since));
    research.on("refusal", (refusal) => notices.refusal(this, refusal));
  }

  /** An answer that the page itself got when it asked for the status; and all that a benchmark's run sends. */
  take(answer) {
    this.#settle();
    const { log_entry: line } = answer;
    if (line?.message) show(() => this.#lines.writeStatus(this.id, line, String(line.type ?? line.metadata?.type ?? "info").toLowerCase()));
    this.#deliver(answer);
  }

  /** The server has named the search engine without saying for which research; the client tells it of the only one as well. */
  expectTwin(payload) {
    this.#twin = JSON.stringify(payload);
  }

  // --- From the client -----------------------------------------------------------------------------------------------

  #handleLine(entry) {
    // What was stored before the page was opened it has loaded itself, as ever.
    if (entry.source !== "live" && !this.lost && !this.#isSince(entry.time)) return show(() => this.#lines.writeOld(this.id, asSent(entry), entry.level));
    this.#deliverFailed();
    // The line of an update is the last of its lines.
    if (isLogEntry(this.#written.at(-1))) this.#deliverWritten();
    const line = asSent(entry);
    // The page may have shown it: it asks for the status itself. Of the stored log, which has whole seconds, each line counts.
    const how = entry.source === "history" ? "write" : "writeOnce";
    show(() => this.#lines[how](this.id, line, entry.level, entry.source));
    this.#written.push(line);
    this.#schedule();
  }

  #handleUpdate(update) {
    this.#deliverFailed();
    this.#written = this.#written.filter((line) => !belongs(line, update));
    this.#deliverWritten();
    const twin = this.#twin;
    this.#twin = undefined;
    this.#isFailing = isFailure(update);
    if (twin !== undefined && twin === JSON.stringify(update)) return;
    if (!this.#isFailing) return this.#deliver(update);
    this.#failed = update;
    this.#schedule();
  }

  #handleFailure(failure) {
    // The others are for the page: it has the status, or a phase to show. Of a refusal another event tells.
    if (!this.#isFailing || failure.code === "UNAUTHORIZED") return;
    this.#page.notify(failure.title, failure.text);
    console.error(`Research error (${failure.code}): ${failure.title} - ${failure.text}`);
    this.#lines.failure(this.id, failure);
    this.#isFailing = false;
    this.#deliverFailed();
  }

  #handleEnd(end) {
    this.#settle();
    // Usually its update has told it.
    if (!this.ended) this.#deliver({ status: end.status, message: end.message, progress: end.progress, error: end.error });
  }

  // --- To the handlers -----------------------------------------------------------------------------------------------

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#settle();
    });
  }

  #settle() {
    this.#deliverWritten();
    this.#deliverFailed();
  }

  #deliverWritten() {
    for (const line of this.#written.splice(0)) this.#lines.accompany(() => this.#call({ log_entry: line }));
  }

  #deliverFailed() {
    const update = this.#failed;
    this.#failed = undefined;
    if (update) this.#deliver(update);
  }

  #deliver(payload) {
    if (this.ended) return;
    if (TERMINAL.has(payload.status)) {
      this.ended = true;
      // Otherwise a page that reloads at the end would do so for ever.
      if (this.#page.tellEnd(this.id) && !this.#running) return;
    } else {
      this.#running = true;
    }
    if (payload.event === "search_engine_selected" || (payload.engine && payload.result_count !== undefined)) show(() => this.#lines.engine(this.id, payload));
    if (payload.message && !payload.log_entry) show(() => this.#lines.message(this.id, payload));
    this.#call(payload);
  }

  #call(payload) {
    for (const handler of [...this.#handlers]) {
      if (!this.#handlers.has(handler)) continue;
      show(() => handler(payload));
    }
  }

  /** Stored lines have whole seconds. */
  #isSince(time) {
    return !(Date.parse(time) < Math.floor(this.#since / 1000) * 1000);
  }
}

/** Whatever fails, the page or a field that cannot be made a string (`{ "toString": 1 }`), what comes next is shown all the same. */
function show(run) {
  try {
    run();
  } catch (error) {
    report(error);
  }
}

/** The line as the server sent it, or would have: stored ones have their level under another name. */
function asSent({ level, source, ...line }) {
  return source === "history" ? { ...line, type: level } : line;
}

const isLogEntry = (line) => typeof line?.type === "string";

/** Whether a line that was just written is part of an update: its own, or one of its cumulative log, which have no `type`. */
function belongs(line, { log_entry: own, progress_log: all }) {
  if (own && own.message === line.message && own.time === line.time) return true;
  return typeof all === "string" && !isLogEntry(line);
}

/** What the old script showed as a failure. */
function isFailure({ metadata }) {
  return Boolean(metadata && (metadata.phase === "synthesis_error" || metadata.error_type));
}

// Writes into the page's log, as the old script did, each line once: what the page's own panel shows of the stored log is not
// written beside it, and what its load has wiped is written again.

import { secondOf } from "./panel.js";

/** How long the key of a line is kept after it was shown, as the old script had it. */
const KEPT_MS = 5 * 60 * 1000;

/** So many, and none that is longer: a server that never stops must not fill the page with them. Real ones have 200 characters. */
const MAX_KEYS = 10_000;
const MAX_KEY = 1_000;

/** A line that is this much older than live lines usually are when they come is a late one. Stored ones have whole seconds. */
const LATE_MS = 2000;

/** Statuses whose message is a milestone of the log. */
const MILESTONES = new Set(["completed", "failed", "cancelled", "error"]);

export class Lines {
  #page;
  #panel;
  #gate;
  #engine;
  /** Whether something went to `addConsoleLog`: before, a panel is collapsed, and only that expands it. */
  #begun = false;
  /** By how much the clock of the page was at least ahead of the time of a live line when it came. */
  #lag = Infinity;

  /**
   * @param {import("./page.js").Page} page
   * @param {import("./panel.js").Panel} panel
   * @param {import("./gate.js").Gate} gate
   */
  constructor(page, panel, gate) {
    this.#page = page;
    this.#panel = panel;
    this.#gate = gate;
  }

  /** Calls what goes with a line, if the page shows lines, and behind those that wait. @param {() => void} act */
  accompany(act) {
    this.#gate.pass(act);
  }

  /** A line of the log, whose repetitions the client has dropped. */
  write(id, entry, level, source = "live") {
    if (entry.time !== undefined) this.#note(`${entry.time}-${entry.message}`);
    this.#add(id, entry, level, source);
  }

  /** A line that may have been written before, here or by the page. Lines without a time cannot be told apart. */
  writeOnce(id, entry, level, source = "live") {
    const key = `${entry.time ?? new Date().toISOString()}-${entry.message}`;
    if (this.#page.shownLines.has(key)) return;
    this.#note(key);
    this.#add(id, entry, level, source);
  }

  /** A line of the page's own request for the status: the client hands it over as well. */
  writeStatus(id, entry, level) {
    if (this.#panel.has(lineOf(id, entry))) return;
    this.writeOnce(id, entry, level, "status");
  }

  /** A stored line from before the page was opened, which is left to the page's panel, unless that has just missed it. */
  writeOld(id, entry, level) {
    if (this.#panel.hasLoaded(id)) this.write(id, entry, level, "history");
    else if (this.#panel.isLoading(id)) this.#panel.keep({ ...lineOf(id, entry), write: () => this.write(id, entry, level, "history") });
  }

  /** The message of an update without a line of the log. */
  message(id, { message, status }) {
    if (!this.#page.has("addConsoleLog")) return;
    this.#note(`${new Date().toISOString()}-${message}`);
    this.#say(id, message, MILESTONES.has(status) ? "milestone" : "info");
  }

  /** The choice of a search engine, once for each. */
  engine(id, { engine = "unknown", result_count: count }) {
    const name = String(engine);
    const results = count || 0;
    const words = `Search engine selected: ${name.charAt(0).toUpperCase()}${name.slice(1)} (found ${results} results)`;
    if (words === this.#engine) return;
    this.#engine = words;
    const metadata = { type: "info", phase: "engine_selected", engine: name, result_count: results, is_engine_selection: true };
    this.#say(id, words, "info", metadata);
  }

  /** What a person must know of the log: it stays where the notification does not. */
  notice(id, words, level) {
    this.#say(id, words, level, { phase: "connection" });
  }

  /** A failure of the model, and how the research goes on. */
  failure(id, { title, text, code }) {
    this.#say(id, `${title}: ${text}`, "error", { phase: "synthesis_error", error_type: code });
    const words = "Switching to fallback mode. Research will continue with available data.";
    this.#say(id, words, "milestone", { phase: "synthesis_fallback" });
  }

  #add(id, entry, level, source) {
    this.#gate.pass(() => {
      const line = lineOf(id, entry);
      if (this.#panel.takes(line)) return;
      // Late as well is what is written again after a long load.
      const write = () => this.#row(line, entry, level, this.#isLate(entry, source));
      this.#panel.write({ ...line, write });
    });
  }

  /** The page's first way gives a row the time of now, and its second one the line's own, but drops what it had a while ago. */
  #row(line, entry, level, isLate) {
    const add = () => this.#page.call("_socketAddLogEntry", { metadata: {}, ...entry, type: level });
    if (!this.#page.has("addConsoleLog")) {
      if (isLate) this.#panel.insert(line, add);
      else add();
      return;
    }
    const isExpanded = this.#begun || this.#panel.hasLoaded(line.id);
    if (isLate && isExpanded && this.#page.has("_socketAddLogEntry") && this.#panel.insert(line, add)) return;
    this.#begun = true;
    this.#page.call("addConsoleLog", entry.message, level, entry.metadata);
  }

  /** A line without a time of its own. */
  #say(id, text, ...more) {
    const write = () => this.#page.call("addConsoleLog", text, ...more);
    this.#gate.pass(() => {
      this.#begun = true;
      this.#panel.write({ id, text, second: undefined, write });
    });
  }

  /** The clocks of page and server may differ, and by how much is not known before the first live line. */
  #isLate({ time }, source) {
    const age = Date.now() - Date.parse(time);
    if (source === "live" && age < this.#lag) this.#lag = age;
    return source === "history" || age > this.#lag + LATE_MS;
  }

  #note(key) {
    if (key.length > MAX_KEY) return;
    const { shownLines } = this.#page;
    const now = Date.now();
    // The oldest come first.
    for (const [shown, at] of shownLines) {
      if (now - at <= KEPT_MS && shownLines.size < MAX_KEYS) break;
      shownLines.delete(shown);
    }
    shownLines.set(key, now);
  }
}

function lineOf(id, { message, time }) {
  return { id, text: String(message), second: secondOf(time) };
}

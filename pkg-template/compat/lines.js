// Writes into the page's log, as the old script did.

/** How long the key of a line is kept after it was shown, as the old script had it. */
const KEPT_MS = 5 * 60 * 1000;

/** So many, and none that is longer: a server that never stops must not fill the page with them. Real ones have 200 characters. */
const MAX_KEYS = 10_000;
const MAX_KEY = 1_000;

/** Statuses whose message is a milestone of the log. */
const MILESTONES = new Set(["completed", "failed", "cancelled", "error"]);

export class Lines {
  #page;
  #engine;

  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.#page = page;
  }

  /** A line of the log, whose repetitions the client has dropped. */
  write(entry, level) {
    if (entry.time !== undefined) this.#note(`${entry.time}-${entry.message}`);
    this.#add(entry, level);
  }

  /** A line that may have been written before, here or by the page. Lines without a time cannot be told apart. */
  writeOnce(entry, level) {
    const key = `${entry.time ?? new Date().toISOString()}-${entry.message}`;
    if (this.#page.shownLines.has(key)) return;
    this.#note(key);
    this.#add(entry, level);
  }

  /** The message of an update without a line of the log. */
  message({ message, status }) {
    if (!this.#page.has("addConsoleLog")) return;
    this.#note(`${new Date().toISOString()}-${message}`);
    this.#page.call("addConsoleLog", message, MILESTONES.has(status) ? "milestone" : "info");
  }

  /** The choice of a search engine, once for each. */
  engine({ engine = "unknown", result_count: count }) {
    const name = String(engine);
    const results = count || 0;
    const words = `Search engine selected: ${name.charAt(0).toUpperCase()}${name.slice(1)} (found ${results} results)`;
    if (words === this.#engine) return;
    this.#engine = words;
    const metadata = { type: "info", phase: "engine_selected", engine: name, result_count: results, is_engine_selection: true };
    this.#page.call("addConsoleLog", words, "info", metadata);
  }

  /** A failure of the model, and how the research goes on. */
  failure({ title, text, code }) {
    this.#page.call("addConsoleLog", `${title}: ${text}`, "error", { phase: "synthesis_error", error_type: code });
    const words = "Switching to fallback mode. Research will continue with available data.";
    this.#page.call("addConsoleLog", words, "milestone", { phase: "synthesis_fallback" });
  }

  #add(entry, level) {
    if (this.#page.has("addConsoleLog")) this.#page.call("addConsoleLog", entry.message, level, entry.metadata);
    else this.#page.call("_socketAddLogEntry", { metadata: {}, ...entry, type: level });
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

// One research of a list: what it is called, how far it is, what it does, and how fresh that is.

import { make, say, set } from "./dom.js";
import { Activity } from "./order.js";
import { Bar, MINUTE_MS, QUIET_MS, statusWords } from "./status.js";

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A time that says of which zone it is. */
const EXACT = /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:?\d\d)$/;

/** A research whose server says only that it is over has ended all the same. */
const ENDS = new Set(["completed", "suspended", "failed", "error", "cancelled"]);

export class Row {
  id;
  element;
  activity = new Activity();
  /** What the page calls it. @type {string | undefined} */
  given;
  /** Why it cannot be followed. @type {Error | null} */
  error = null;
  /** @type {import("../index.js").Research | null} */
  #research = null;
  #query = "";
  /** @type {number | null} */
  #ended = null;
  /** @type {import("../index.js").End | null} */
  #end = null;
  /** @type {import("../index.js").Failure | null} */
  #failure = null;
  /** Whether it was seen before its end. */
  #ran = false;
  /** Listens no more. */
  #undo = () => {};
  #parts = {
    link: make("a", "title", { dir: "auto" }),
    status: make("span", "status"),
    percent: make("span", "percent"),
    task: make("p", "task", { dir: "auto" }),
    failure: make("p", "failure-text", { dir: "auto" }),
    fresh: make("span", "fresh"),
  };
  #bar = new Bar();
  /** @type {import("./strip.js").Strip | undefined} */
  #strip;

  /** @param {string} id */
  constructor(id) {
    this.id = id;
    const p = this.#parts;
    this.element = make("li", "research", {},
      make("div", "line", {}, p.link, make("div", "state", {}, p.status, p.percent)),
      this.#bar.element,
      make("div", "line", {}, make("div", "doing", {}, p.task, p.failure), p.fresh));
  }

  /** What it is called. */
  get title() {
    return this.given || this.#query || this.id;
  }

  /**
   * Follows the research from now on.
   * @param {import("../index.js").Research} research @param {() => void} changed @param {(event: string, value: object) => void} tell what happens
   */
  follow(research, changed, tell) {
    this.#research = research;
    const handlers = {
      update: (update) => this.#read(update),
      log() {},
      task() {},
      step() {},
      engine() {},
      status: (change) => tell("status", change),
      failure: (failure) => {
        this.#failure = failure;
        tell("failure", failure);
      },
      refusal: (refusal) => tell("refusal", { refusal }),
      end: (end) => {
        if (this.#end) return;
        this.#end = end;
        // Of an end that was there before nobody knows when it was, unless the server says it.
        if (this.#ran) this.#ended ??= end.at ?? Date.now();
        tell("end", end);
      },
    };
    const undo = Object.entries(handlers).map(([event, handler]) => research.on(event, (value) => {
      handler(value);
      changed();
    }));
    let isFollowed = true;
    this.#undo = () => {
      isFollowed = false;
      undo.forEach((call) => call());
    };
    // One that the page had before may have told of its end.
    research.done?.then((end) => isFollowed && (handlers.end(end), changed()), () => {});
  }

  /** Listens no more. @param {boolean} unsubscribes whether nobody else has the research from this client */
  stop(unsubscribes) {
    this.#undo();
    if (unsubscribes) this.#research?.unsubscribe();
  }

  refresh() {
    if (!this.isOver) this.#research?.refresh();
  }

  get refusal() {
    return this.#research?.state.refusal ?? null;
  }

  get isOver() {
    return this.#hasEnded || this.error !== null;
  }

  get #hasEnded() {
    return this.#end !== null || ENDS.has(this.#research?.state.status ?? "");
  }

  #read(update) {
    if (typeof update.query === "string" && update.query !== "") this.#query = update.query;
    const { completed_at: at } = update;
    if (typeof at === "string" && EXACT.test(at) && !Number.isNaN(Date.parse(at))) this.#ended = Date.parse(at);
  }

  /** What it is sorted by, as of now. */
  note() {
    const state = this.#research?.state;
    if (!state) return;
    if (state.status !== null && !this.#hasEnded) this.#ran = true;
    this.activity.note(state, this.#hasEnded, this.#ended);
  }

  /**
   * Shows what is known. Returns in how many milliseconds it says something else, of which nobody tells.
   * @param {number} now @param {string} href where the research is; an empty one for no link @param {import("./texts.js").Texts} texts
   */
  show(now, href, texts) {
    const p = this.#parts;
    const state = this.#research?.state ?? null;
    const end = this.#hasEnded ? (this.#end?.status ?? state.status) : null;
    const status = end ?? state?.status ?? null;
    const percent = this.#end?.progress ?? state?.progress ?? null;
    const refused = { unauthorized: "signed_out", "not-found": "unknown_research" }[this.refusal ?? ""];
    say(p.link, this.title);
    set(p.link, { href: href || null });
    say(p.status, refused && !end ? texts.get(refused) : statusWords(status, texts));
    set(p.status, { "data-status": status ?? "" });
    say(p.percent, percent === null ? "" : texts.get("percent", { n: Math.floor(percent) }));
    this.#bar.show(percent, end, texts.get("progress_of", { name: this.title }));
    const isFailed = end === "failed" || end === "error";
    say(p.task, end ? "" : (state?.currentTask ?? ""));
    say(p.failure, this.error?.message ?? this.#failure?.title ?? (isFailed ? (this.#end?.error ?? state?.error ?? "") : ""));
    p.task.hidden = p.task.textContent === "";
    p.failure.hidden = p.failure.textContent === "";
    return this.#showFresh(now, end, texts);
  }

  /** Shows when it did what. @param {(() => import("./strip.js").Strip) | undefined} make @param {import("./texts.js").Texts} texts */
  showStrip(make, texts) {
    if (!make || !this.#research) return void this.#strip?.element.remove();
    this.#strip ??= make();
    if (!this.#strip.element.isConnected) this.#bar.element.after(this.#strip.element);
    this.#strip.show(this.#research, this.title, texts);
  }

  #showFresh(now, end, texts) {
    const { fresh } = this.#parts;
    const at = end ? this.#ended : this.activity.heard;
    const ago = at === null ? NaN : Math.max(0, now - at);
    const isQuiet = this.activity.isQuiet(now);
    set(fresh, { part: isQuiet ? "fresh quiet" : "fresh", class: isQuiet ? "fresh quiet" : "fresh" });
    const kind = end ? "ended" : "fresh";
    if (Number.isNaN(ago)) say(fresh, "");
    else if (isQuiet && ago < HOUR_MS) say(fresh, texts.get("quiet", { n: Math.floor(ago / MINUTE_MS) }));
    else if (ago < MINUTE_MS) say(fresh, texts.get(`${kind}_now`));
    else if (ago < HOUR_MS) say(fresh, texts.get(`${kind}_minutes`, { n: Math.floor(ago / MINUTE_MS) }));
    else if (ago < DAY_MS) say(fresh, texts.get(`${kind}_hours`, { n: Math.floor(ago / HOUR_MS) }));
    else say(fresh, texts.get(`${kind}_date`, { date: texts.date(at) }));
    const step = ago < HOUR_MS ? MINUTE_MS : HOUR_MS;
    return ago < DAY_MS ? Math.min(step - (ago % step), ago < QUIET_MS ? QUIET_MS - ago : Infinity) : Infinity;
  }
}

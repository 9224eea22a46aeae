// What stands above the log: how far the research is, what it is doing, how the connection is, how it ended, and what one can do.

import { button, make, say, set } from "./dom.js";
import { Bar, ConnectionLine, MINUTE_MS, QUIET_MS, statusWords } from "./status.js";

/**
 * @typedef {object} Known all that the head shows
 * @property {import("../index.js").ResearchState | null} state
 * @property {import("../index.js").ConnectionState} connection @property {number} since when the connection is so, as of `Date.now()`
 * @property {number} heard when there was news last
 * @property {import("../index.js").End | null} end @property {import("../index.js").Failure | null} failure
 * @property {{ message: string } | null} error why there is no client
 * @property {{ attempts?: number, interval?: number }} options of the client, as far as they are known
 * @property {{ signIn: string, result: string, another: string }} links
 */

export class Head {
  element;
  #host;
  #texts;
  #parts;
  #bar = new Bar();
  #connection = new ConnectionLine(() => this.#host.retry());
  /** Where the wish to cancel stands. @type {"" | "asks" | "sent"} */
  #cancel = "";
  #cancelError = "";
  #run = 0;

  /**
   * @param {{ retry: () => void, refresh: () => void, cancel: () => Promise<void>, changed: () => void }} host
   * @param {import("./texts.js").Texts} texts
   */
  constructor(host, texts) {
    this.#host = host;
    this.#texts = texts;
    this.#build();
  }

  /** @param {import("./texts.js").Texts} texts */
  speak(texts) {
    this.#texts = texts;
  }

  /** Another research: what was asked about the one before is over. */
  clear() {
    this.#cancel = this.#cancelError = "";
    this.#run += 1;
  }

  #build() {
    const parts = {
      status: make("span", "status"),
      percent: make("span", "percent"),
      queue: make("span", "queue"),
      task: make("p", "task", { dir: "auto" }),
      engine: make("p", "engine", { dir: "auto" }),
      quiet: make("p", "quiet"),
      quietWords: make("span", "", { dir: "auto" }),
      refresh: button("button refresh", () => this.#host.refresh()),
      failure: make("div", "failure"),
      failureTitle: make("strong", "failure-title", { dir: "auto" }),
      failureTexts: make("div", "failure-texts"),
      end: make("div", "end"),
      endWords: make("p", "end-words", { dir: "auto" }),
      result: make("a", "button result"),
      another: make("a", "button another"),
      actions: make("div", "actions"),
      cancel: button("button cancel", () => this.#cancel === "" && this.#ask("asks")),
      question: make("div", "question", { role: "group" }),
      questionWords: make("span", "question-words", { dir: "auto" }),
      yes: button("button cancel-yes", () => void this.#confirm()),
      no: button("button cancel-no", () => this.#ask("")),
      cancelError: make("p", "cancel-error", { dir: "auto" }),
    };
    this.#parts = parts;
    parts.quiet.append(parts.quietWords, parts.refresh);
    parts.failure.append(parts.failureTitle, parts.failureTexts);
    parts.end.append(parts.endWords, make("slot", "", { name: "end" }, parts.result, parts.another));
    parts.question.append(parts.questionWords, parts.yes, parts.no);
    parts.question.addEventListener("keydown", (event) => event.key === "Escape" && this.#ask(""));
    parts.actions.append(make("slot", "", { name: "actions" }), parts.cancel, parts.question);
    this.element = make("div", "head", {},
      make("slot", "", { name: "heading" }),
      make("div", "line", {},
        make("div", "state", {}, parts.status, parts.percent, parts.queue),
        this.#connection.element),
      this.#bar.element,
      make("div", "line", {}, make("div", "doing", {}, parts.task, parts.engine), parts.actions),
      parts.cancelError, parts.quiet, parts.failure, parts.end);
  }

  /** Shows what is known. Returns in how many milliseconds it says something else, of which nobody tells. @param {Known} known */
  show(known) {
    const t = (key, values) => this.#texts.get(key, values);
    const p = this.#parts;
    const { state, end } = known;
    const status = end?.status ?? state?.status ?? null;
    const percent = end?.progress ?? state?.progress ?? null;
    say(p.status, statusWords(status, this.#texts));
    set(p.status, { "data-status": status ?? "" });
    say(p.percent, percent === null ? "" : t("percent", { n: Math.floor(percent) }));
    this.#bar.show(percent, end?.status ?? null, t("progress"));
    const position = state?.queuePosition ?? null;
    say(p.queue, position === null || end ? "" : t("queue", { n: position }));
    say(p.task, state?.currentTask ?? "");
    p.task.hidden = end !== null;
    const engine = state?.engine;
    say(p.engine, engine ? (typeof engine.resultCount === "number" ? t("engine_results", { name: engine.name, n: engine.resultCount }) : t("engine", { name: engine.name })) : "");
    this.#showCancel(known);
    this.#showEnd(known);
    const { connection, since, error, options, links } = known;
    const refusal = state?.refusal ?? null;
    const changes = this.#connection.show({ connection, since, refusal, error, signIn: links.signIn, isOver: end !== null }, options, this.#texts);
    return Math.min(changes, this.#showQuiet(known));
  }

  #showQuiet({ state, connection, heard, end }) {
    const p = this.#parts;
    const isRunning = state !== null && state.status !== null && !end && state.refusal === null;
    const ago = Date.now() - heard;
    p.quiet.hidden = !isRunning || ago < QUIET_MS;
    if (!isRunning) return Infinity;
    if (!p.quiet.hidden) {
      const words = [this.#texts.get("quiet", { n: Math.floor(ago / MINUTE_MS) })];
      if (connection?.name === "connected") words.push(this.#texts.get("quiet_live"));
      say(p.quietWords, words.join(" "));
      say(p.refresh, this.#texts.get("refresh"));
    }
    return p.quiet.hidden ? QUIET_MS - ago : MINUTE_MS - (ago % MINUTE_MS);
  }

  #showEnd({ state, end, failure, links }) {
    const t = (key) => this.#texts.get(key);
    const p = this.#parts;
    const error = end?.error ?? state?.error ?? null;
    const isFailed = end !== null && (end.status === "failed" || end.status === "error");
    p.failure.hidden = failure === null && !(isFailed && error);
    say(p.failureTitle, failure?.title ?? statusWords(end?.status ?? null, this.#texts));
    const texts = failure ? [failure.text, failure.detail, failure.suggestion] : [error];
    const lines = texts.filter((text) => typeof text === "string" && text !== "");
    if (p.failureTexts.textContent !== lines.join("")) p.failureTexts.replaceChildren(...lines.map((line) => make("p", "failure-text", { dir: "auto" }, line)));
    p.end.hidden = end === null;
    // Often the same as the failure says.
    say(p.endWords, !p.failure.hidden && lines.includes(end?.message) ? "" : (end?.message ?? ""));
    p.result.hidden = end?.status !== "completed" || links.result === "";
    p.another.hidden = links.another === "";
    set(p.result, { href: links.result || null });
    set(p.another, { href: links.another || null });
    say(p.result, t("result"));
    say(p.another, t("another"));
  }

  // --- Cancelling ------------------------------------------------------------------------------------------------------

  #showCancel({ state, end }) {
    const t = (key, values) => this.#texts.get(key, values);
    const p = this.#parts;
    const canCancel = state !== null && state.status !== null && end === null;
    p.cancel.hidden = !canCancel || this.#cancel === "asks";
    // Not `disabled`: whoever is on it would be nowhere.
    set(p.cancel, { "aria-disabled": this.#cancel === "sent" ? "true" : null });
    p.question.hidden = !canCancel || this.#cancel !== "asks";
    p.cancelError.hidden = !canCancel || this.#cancelError === "";
    say(p.cancelError, this.#cancelError === "" ? "" : t("cancel_failed", { message: this.#cancelError }));
    say(p.cancel, t(this.#cancel === "sent" ? "cancelling" : "cancel"));
    say(p.questionWords, t("cancel_question"));
    set(p.question, { "aria-label": t("cancel_question") });
    say(p.yes, t("cancel_yes"));
    say(p.no, t("cancel_no"));
  }

  /** @param {"" | "asks"} cancel */
  #ask(cancel) {
    const p = this.#parts;
    this.#cancel = cancel;
    this.#cancelError = "";
    p.cancel.hidden = cancel === "asks";
    p.question.hidden = cancel !== "asks";
    this.#host.changed();
    // Where one was is not there any more.
    (cancel === "asks" ? p.no : p.cancel).focus();
  }

  async #confirm() {
    this.#ask("");
    this.#cancel = "sent";
    this.#host.changed();
    const run = this.#run;
    const error = await this.#host.cancel().then(() => null, (error) => error);
    // It was another research.
    if (run !== this.#run || !error) return;
    this.#cancel = "";
    this.#cancelError = error.message;
    this.#host.changed();
  }
}

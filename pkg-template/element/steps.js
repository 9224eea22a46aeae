// What an agent thinks and does, step by step. A page loads it with the first step.

import { asWords, make, say, set } from "./dom.js";
import { STEPS } from "./words.js";

/** So many are shown; older ones are gone. */
const MAX_SHOWN = 200;
/** So much of a text. */
const MAX_TEXT = 5000;

const CSS = `
.steps { border: 1px solid var(--_border); border-radius: .5rem; margin-block-end: .75rem }
.steps-summary { padding: .4rem .5rem; cursor: pointer; background: var(--_raised); border-radius: .5rem; white-space: nowrap; overflow: hidden }
.steps-line { display: inline-flex; gap: 1ch; max-inline-size: calc(100% - 1.5em); vertical-align: bottom }
.steps-newest { color: var(--_muted); overflow: hidden; text-overflow: ellipsis }
.steps-list { list-style: none; margin: 0; padding: 0; max-block-size: 20rem; overflow: auto; overscroll-behavior: contain }
.step { padding: .4rem .5rem; border-block-start: 1px solid var(--_border); overflow-wrap: anywhere }
.step-kind { font-weight: 600 }
.step-round { color: var(--_muted); font-size: .875em; margin-inline-start: 1ch }
.step-text { white-space: pre-wrap }
.step-data {
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  font: var(--research-log-font, .8125rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace);
}
.step-data[dir=ltr] { text-align: left }
.step .failure-text { color: var(--_bad) }
`;

/** @type {CSSStyleSheet | undefined} */
let sheet;

export class Part {
  #summary = make("span", "steps-title");
  #newest = make("span", "steps-newest", { dir: "auto" });
  #list = make("ol", "steps-list", { role: "list", tabindex: "0" });
  element = make("details", "steps", {}, make("summary", "steps-summary", {}, make("span", "", { class: "steps-line" }, this.#summary, this.#newest)), this.#list);
  /** What is shown of what, in which words. */
  #steps;
  #texts;
  #words;
  #shown = 0;

  /** @param {ShadowRoot} root */
  constructor(root) {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
    }
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    root.querySelector(".log").before(this.element);
  }

  /** @param {readonly object[]} steps the newest @param {number} count of all @param {import("./texts.js").Texts} texts */
  show(steps, count, texts) {
    if (steps !== this.#steps || texts !== this.#texts) {
      this.#words = texts.over(STEPS);
      this.#list.replaceChildren();
      this.#shown = 0;
    }
    this.#steps = steps;
    this.#texts = texts;
    this.element.hidden = count === 0;
    say(this.#summary, this.#words.get("steps", { n: count }));
    set(this.#list, { "aria-label": this.#words.get("steps", { n: count }) });
    const fresh = Math.min(count - this.#shown, steps.length, MAX_SHOWN);
    this.#shown = count;
    if (fresh <= 0) return;
    say(this.#newest, this.#textsOf(steps.at(-1))[0] ?? "");
    // Whoever reads an older one stays there.
    const follows = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 4;
    this.#list.append(...steps.slice(-fresh).map((step) => this.#row(step)));
    while (this.#list.children.length > MAX_SHOWN) this.#list.firstElementChild.remove();
    if (follows) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #row(step) {
    const { phase, iteration } = step;
    const kind = typeof phase === "string" && phase !== "" ? phase : isThere(step.tool) ? "tool_call" : "thought";
    const row = make("li", "step", { "data-kind": kind });
    row.append(make("span", "step-kind", { dir: "auto" }, this.#words.get(`step_${kind}`) || asWords(kind)));
    if (typeof iteration === "number") row.append(make("span", "step-round", {}, this.#words.get("step_round", { n: iteration })));
    for (const text of this.#textsOf(step)) row.append(make("p", "step-text", { dir: "auto" }, text));
    for (const data of [step.arguments, step.content]) if (isThere(data)) row.append(make("pre", "step-data", { dir: typeof data === "string" ? "auto" : "ltr" }, textOf(data)));
    if (isThere(step.error)) row.append(make("p", "failure-text", { dir: "auto" }, textOf(step.error)));
    return row;
  }

  /** What it says, without what it says twice. */
  #textsOf({ thought, tool, message }) {
    return [...new Set([thought, tool, isThere(thought) ? undefined : message].filter(isThere).map(textOf))];
  }
}

const isThere = (value) => value !== undefined && value !== null && value !== "";

/** @param {unknown} value as the server wrote it */
function textOf(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

// What a research did when, drawn: phases, progress, search engines and errors. A page loads it where it is shown.

import { EVERY_MS, SECOND_MS, near, scaleOf, sheetOf, spansOf } from "./course.js";
import { button, make, say, set } from "./dom.js";
import { CHUNK } from "./lines.js";
import { TIMELINE } from "./words.js";

const MINUTE_S = 60;
const HOUR_S = 3600;

const CSS = `
.timeline { margin-block-end: .75rem; font-size: .875em }
.timeline-head, .timeline-axis { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem }
.timeline-axis { min-block-size: 1.5em }
.timeline-title { font-weight: 600 }
.timeline-left, .timeline-axis { color: var(--_muted); font-variant-numeric: tabular-nums }
.chart { position: relative; block-size: 7rem; border: 1px solid var(--_border); border-radius: .35rem; overflow: clip }
.chart > * { position: absolute; inset-inline: .375rem }
.spans { inset-block-start: 0; block-size: 2rem }
.curve { inset-block-start: 2.375rem; block-size: 2.5rem; border-block-end: 1px solid var(--_control) }
.marks { inset-block-end: .125rem; block-size: 1.75rem }
.reached { position: absolute; inset-block-end: 0; background: var(--_accent); opacity: .75 }
.chart button { position: absolute; padding: 0; min-inline-size: 0; font-size: 1em; overflow: hidden; white-space: nowrap }
.chart button:focus-visible { outline-offset: -2px; z-index: 1 }
.span { inset-block: .125rem; min-block-size: 0; border-color: var(--_control); border-radius: .2rem; background: var(--_raised); text-align: start }
.span[data-runs] { background: var(--_chosen); border-color: var(--_accent) }
.span:hover, .span[data-current] { background: var(--_chosen) }
.span-name { display: block; padding-inline: .35rem; overflow: hidden; text-overflow: ellipsis }
.mark-engine, .mark-error { inset-block: 0; inline-size: 1.5rem; margin-inline-start: -.75rem; border: 0; background: none }
.mark-engine::before, .mark-error::before { content: ""; display: block; margin: auto; inline-size: .75rem; block-size: .75rem; forced-color-adjust: none }
.mark-engine::before { border-radius: 50%; background: var(--_accent) }
.mark-error::before { clip-path: polygon(50% 0, 100% 100%, 0 100%); background: var(--_bad) }
.timeline-detail { min-block-size: 1.5em; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.span { container-type: inline-size }
@container (max-width: 2rem) {
  .span-name { display: none }
}
@container (max-width: 30rem) {
  .timeline-detail { block-size: 3em; white-space: normal }
}
@media (forced-colors: active) {
  .reached { background: Highlight; opacity: 1; forced-color-adjust: none }
  .mark-engine::before, .mark-error::before { background: CanvasText }
  .span[data-runs], .span[data-current] { border-color: Highlight }
}
`;

export class Part {
  #title = make("span", "timeline-title");
  #left = make("span", "timeline-left", { dir: "auto" });
  #spans = make("div", "spans");
  #curve = make("div", "curve", { "aria-hidden": "true" });
  #marks = make("div", "marks");
  #chart = make("div", "chart", { role: "toolbar", "aria-orientation": "horizontal" }, this.#curve, this.#spans, this.#marks);
  #from = make("span");
  #to = make("span");
  #detail = make("p", "timeline-detail", { dir: "auto", "aria-hidden": "true" });
  element = make("section", "timeline", {},
    make("div", "timeline-head", {}, this.#title, this.#left), this.#chart, make("div", "timeline-axis", {}, this.#from, this.#to), this.#detail);
  #log;
  #words;
  #texts;
  /** What is to be drawn, and when that was done last. */
  #shown;
  #drawn = 0;
  #timer;
  /** Those that one can be at, in order of time. @type {Item[]} */
  #items = [];
  /** By their keys. @type {Map<string, HTMLElement>} */
  #buttons = new Map();
  /** The key of the one that the keyboard is at; and of the one that is pointed at. */
  #current = "";
  #pointed = "";
  /** Whether somebody was at one that has gone. */
  #isLost = false;
  /** What there is to say where one is at none. */
  #hint = "";

  /** @param {ShadowRoot} root @param {import("./log.js").Log} log where one goes from here */
  constructor(root, log) {
    sheetOf(root, CSS);
    root.querySelector(".head").after(this.element);
    this.#log = log;
    this.#chart.addEventListener("keydown", (event) => this.#key(event));
    for (const [type, point] of [["pointerover", true], ["pointerout", false]]) {
      this.#chart.addEventListener(type, ({ target }) => {
        this.#pointed = (point && target.closest("button")?.dataset.key) || "";
        this.#tell();
      });
    }
  }

  /** @param {import("../index.js").Research | null} research nothing is shown without one @param {import("./texts.js").Texts} texts */
  show(research, texts) {
    this.element.hidden = !research;
    if (texts !== this.#texts) {
      this.#texts = texts;
      this.#words = texts.over(TIMELINE);
      this.#drawn = 0;
    }
    if (this.#shown !== research) {
      this.#drawn = 0;
      this.#current = this.#pointed = "";
    }
    this.#shown = research;
    clearTimeout(this.#timer);
    const wait = this.#drawn + EVERY_MS - Date.now();
    if (wait > 0 && wait <= EVERY_MS) this.#timer = setTimeout(() => this.#draw(), wait);
    else this.#draw();
  }

  #draw() {
    if (!this.#shown) return;
    this.#drawn = Date.now();
    const { state } = this.#shown;
    const timeline = this.#shown.timeline();
    const scale = scaleOf(timeline, state);
    const t = (key, values) => this.#words.get(key, values);
    say(this.#title, t("timeline"));
    const left = timeline.to === null ? state.estimatedTimeLeft : null;
    say(this.#left, left ? this.#leftWords(left) : "");
    set(this.#chart, { "aria-label": t("timeline") });
    say(this.#from, this.#texts.clock(scale.from));
    say(this.#to, this.#texts.clock(scale.to));
    curve(this.#curve, timeline, scale);
    const spans = spansOf(timeline, scale).map((span) => this.#spanItem(span));
    const marks = [
      ...near(timeline.engines, scale).map((group) => this.#markItem("engine", group, group.map((engine) => this.#engineWords(engine)))),
      ...near(timeline.errors, scale).map((group) => this.#markItem("error", group, group.map(({ message }) => message))),
    ].sort((a, b) => a.at - b.at);
    this.#items = [...spans, ...marks].sort((a, b) => a.at - b.at);
    this.#place(this.#spans, spans, scale);
    this.#place(this.#marks, marks, scale);
    this.#rove();
    const { dropped } = timeline;
    this.#hint = this.#items.length === 0 ? t("timeline_empty") : dropped > 0 ? t("timeline_dropped", { n: dropped }) : t("timeline_hint");
    this.#tell();
  }

  /** @returns {Item} */
  #spanItem({ from, to, name, runs }) {
    const words = this.#words.get(runs ? "timeline_running" : "timeline_span", { name, from: this.#texts.clock(from), to: this.#texts.clock(to), time: this.#duration(to - from) });
    return { kind: "span", key: `span ${from} ${name}`, at: from, to, name, runs, words };
  }

  /** @returns {Item} */
  #markItem(kind, group, names) {
    const [{ at }] = group;
    const from = this.#texts.clock(at);
    const words = group.length === 1 ? this.#words.get(`timeline_${kind}`, { name: names[0], from }) : this.#words.get(`timeline_${kind}s`, { n: group.length, name: names[0], from });
    return { kind, key: `${kind} ${at}`, at, to: at, name: "", runs: false, words };
  }

  #engineWords({ name, resultCount }) {
    return resultCount === null ? name : this.#words.get("timeline_results", { name, n: resultCount });
  }

  #leftWords({ min, max }) {
    const [from, to] = [this.#duration(min), this.#duration(max)];
    return max < MINUTE_S * SECOND_MS ? this.#words.get("timeline_left_short") : this.#words.get("timeline_left", { from, to });
  }

  /** In words, to what matters of it. @param {number} ms */
  #duration(ms) {
    const seconds = Math.round(ms / SECOND_MS);
    if (seconds < MINUTE_S) return this.#words.get("timeline_seconds", { n: seconds });
    const minutes = Math.round(seconds / MINUTE_S);
    if (seconds < HOUR_S && minutes < MINUTE_S) return this.#words.get("timeline_minutes", { n: minutes });
    return this.#words.get("timeline_hours", { n: Math.floor(minutes / MINUTE_S), minutes: minutes % MINUTE_S });
  }

  /** Puts a button for each to its place, and takes those away that are of nothing any more. @param {Item[]} items */
  #place(lane, items, scale) {
    const wanted = new Set(items.map(({ key }) => key));
    for (const one of [...lane.children]) {
      if (wanted.has(one.dataset.key)) continue;
      this.#buttons.delete(one.dataset.key);
      // Whoever is on it goes on beside it.
      this.#isLost ||= one.matches(":focus");
      one.remove();
    }
    let place = lane.firstElementChild;
    for (const { kind, key, at, to, name, runs, words } of items) {
      let one = this.#buttons.get(key);
      if (!one) {
        const go = () => this.#go(key);
        one = kind === "span" ? button("span", go) : kind === "engine" ? button("mark-engine", go) : button("mark-error", go);
        one.dataset.key = key;
        one.addEventListener("focus", () => this.#at(key));
        if (kind === "span") one.append(make("span", "span-name", { dir: "auto" }));
        this.#buttons.set(key, one);
      }
      if (kind === "span") say(one.firstChild, name);
      set(one, { "aria-label": words, "data-runs": runs });
      one.style.insetInlineStart = `${scale.place(at)}%`;
      if (kind === "span") one.style.inlineSize = `max(3px, ${scale.place(to) - scale.place(at)}%)`;
      if (one === place) place = place.nextElementSibling;
      else lane.insertBefore(one, place);
    }
  }

  // --- Where one is ----------------------------------------------------------------------------------------------------

  /** Of all the Tab key reaches one: where one was, or else the newest. */
  #rove() {
    if (!this.#buttons.has(this.#current)) this.#current = this.#items.at(-1)?.key ?? "";
    for (const [key, one] of this.#buttons) set(one, { tabindex: key === this.#current ? "0" : "-1" });
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#buttons.get(this.#current)?.focus({ preventScroll: true });
  }

  #at(key) {
    this.#current = key;
    this.#rove();
    this.#tell();
  }

  /** Says of which one is there, and marks it. */
  #tell() {
    const has = this.#pointed || (this.#chart.querySelector(":focus") && this.#current);
    const item = this.#items.find(({ key }) => key === has);
    say(this.#detail, item?.words ?? this.#hint);
    for (const [key, one] of this.#buttons) set(one, { "data-current": key === has });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.#items.findIndex(({ key }) => key === this.#current);
    const forward = getComputedStyle(this.#chart).direction === "rtl" ? -1 : 1;
    const moves = { ArrowRight: at + forward, ArrowLeft: at - forward, ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.#items.length - 1 };
    if (!Object.hasOwn(moves, event.key)) return;
    event.preventDefault();
    const { key } = this.#items[Math.max(0, Math.min(this.#items.length - 1, moves[event.key]))];
    this.#buttons.get(key).focus({ preventScroll: true });
  }

  #go(key) {
    const item = this.#items.find((item) => item.key === key);
    const number = item && numberAt(this.#log.lines, item.at);
    if (number) this.#log.goTo(number);
  }
}

/**
 * @typedef {object} Item what one can be at
 * @property {"span" | "engine" | "error"} kind @property {string} key @property {number} at @property {number} to @property {string} name
 * @property {boolean} runs whether it is what the research does now @property {string} words
 */

/** How far it was when: steps, since nobody knows what was between two numbers. */
function curve(element, { progress }, scale) {
  const steps = progress.map(({ percent, at }, n) => {
    const step = make("div", "reached");
    step.style.insetInlineStart = `${scale.place(at)}%`;
    step.style.inlineSize = `${scale.place(progress[n + 1]?.at ?? scale.now) - scale.place(at)}%`;
    step.style.blockSize = `${percent}%`;
    return step;
  });
  element.replaceChildren(...steps);
}

/** The number of the line that was written then, or next. @param {import("./lines.js").Lines} lines @param {number} at */
function numberAt(lines, at) {
  // Stored lines have whole seconds.
  const second = Math.floor(at / SECOND_MS) * SECOND_MS;
  let first = -1;
  for (let n = lines.begin; n < lines.end; n++) {
    const time = lines.chunkOf(n).times[n & (CHUNK - 1)];
    if (time === at) return lines.numberOf(n);
    if (first < 0 && time >= second) first = n;
  }
  return lines.length === 0 ? undefined : lines.numberOf(first < 0 ? lines.end - 1 : first);
}

// What a research did when, for a row of a list: to be looked at. A page loads it where it is shown.

import { EVERY_MS, near, scaleOf, sheetOf, spansOf } from "./course.js";
import { make, set } from "./dom.js";
import { STRIP } from "./words.js";

const CSS = `
.strip { position: relative; block-size: .75rem; overflow: clip }
.strip > * { position: absolute }
.strip .span { inset-block: 0; border: 1px solid var(--_control); border-radius: .2rem; background: var(--_raised) }
.strip .span[data-runs] { border-color: var(--_accent); background: var(--_chosen) }
.strip .mark-error { inset-block: 0; inline-size: .5rem; margin-inline-start: -.25rem; margin-block: .125rem; clip-path: polygon(50% 0, 100% 100%, 0 100%); background: var(--_bad); forced-color-adjust: none }
@media (forced-colors: active) {
  .strip .span[data-runs] { border-color: Highlight }
  .strip .mark-error { background: CanvasText }
}
`;

export class Strip {
  element = make("div", "strip", { role: "img" });
  #drawn = 0;
  #timer;

  /** @param {ShadowRoot} root */
  constructor(root) {
    sheetOf(root, CSS);
  }

  /** @param {import("../index.js").Research} research @param {string} name @param {import("./texts.js").Texts} texts */
  show(research, name, texts) {
    clearTimeout(this.#timer);
    const wait = this.#drawn + EVERY_MS - Date.now();
    if (wait > 0 && wait <= EVERY_MS) return void (this.#timer = setTimeout(() => this.show(research, name, texts), wait));
    this.#drawn = Date.now();
    const timeline = research.timeline();
    const scale = scaleOf(timeline, research.state);
    const spans = spansOf(timeline, scale);
    const words = texts.over(STRIP);
    const counts = [words.get("strip_phases", { n: spans.length }), words.get("strip_errors", { n: timeline.errors.length })];
    set(this.element, { "aria-label": words.get("strip", { name, words: counts.join(", ") }) });
    this.element.replaceChildren();
    for (const { from, to, runs } of spans) {
      const one = make("span", "span", { "data-runs": runs });
      one.style.insetInlineStart = `${scale.place(from)}%`;
      one.style.inlineSize = `max(2px, ${scale.place(to) - scale.place(from)}%)`;
      this.element.append(one);
    }
    for (const [{ at }] of near(timeline.errors, scale)) {
      const one = make("span", "mark-error");
      one.style.insetInlineStart = `${scale.place(at)}%`;
      this.element.append(one);
    }
  }
}

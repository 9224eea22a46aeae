// The line that one is at, in full, and what one can do with the selected ones.

import { sheetOf } from "./course.js";
import { button, make, say, set } from "./dom.js";
import { TOOLS } from "./words.js";
import { textOf } from "./write.js";

const CSS = `
.detail { padding: .5rem; background: var(--_raised) }
.detail-head { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; font-size: .875em }
.detail-title { font-weight: 600; margin-inline-end: auto }
.detail-head button { font-size: 1em }
.detail-text {
  max-block-size: 14rem;
  overflow: auto;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  font: var(--research-log-font, .8125rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace);
}
`;

/** So many lines can be copied at once: that cannot be done in slices. */
const MAX_COPIED = 20_000;

export class Detail {
  #host;
  #texts;
  #title = make("span", "detail-title");
  #link = make("a", "detail-link");
  #copy = button("button copy", () => void this.#host.copy());
  #close = button("button close", () => this.#host.leave());
  #body = make("pre", "detail-text", { dir: "auto", tabindex: "0" });
  element = make("div", "detail", { role: "group", hidden: true }, make("div", "detail-head", {}, this.#title, this.#link, this.#copy, this.#close), this.#body);

  /**
   * @param {{ announce: import("./announce.js").Announcer, prefix: () => string, copy: () => Promise<void>, leave: () => void }} host `prefix` of
   *   links to lines; an empty one for none
   * @param {import("./texts.js").Texts} texts @param {ShadowRoot} root
   */
  constructor(host, texts, root) {
    sheetOf(root, CSS);
    this.#host = host;
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && host.leave());
    this.speak(texts);
  }

  /** @param {import("./texts.js").Texts} words */
  speak(words) {
    const texts = (this.#texts = words.over(TOOLS));
    say(this.#link, texts.get("line_link"));
    say(this.#copy, texts.get("copy"));
    say(this.#close, texts.get("close"));
    set(this.#body, { "aria-label": texts.get("log") });
  }

  /**
   * Shows a line; nothing without one.
   * @param {import("./lines.js").Lines} lines @param {number | undefined} at @param {number} [anchor] the other end of the selection
   */
  show(lines, at, anchor) {
    this.element.hidden = at === undefined;
    if (at === undefined) return;
    const { number, text, level, time, count } = lines.get(at);
    const t = (key, values) => this.#texts.get(key, values);
    const [from, to] = [anchor, at].map((end) => lines.numberOf(end)).toSorted((a, b) => a - b);
    const what = from === to ? t("line", { number: String(number) }) : t("lines", { from: String(from), to: String(to), n: to - from + 1 });
    const words = [what, this.#texts.date(time), t(`level_${level}`), count > 1 ? t("line_times", { n: count }) : ""];
    say(this.#title, words.filter(Boolean).join(" · "));
    set(this.element, { "aria-label": what });
    say(this.#body, text);
    const prefix = this.#host.prefix();
    this.#link.hidden = prefix === "";
    // Not a mere fragment, which a <base> would send elsewhere.
    set(this.#link, { href: new URL(`#${prefix}${from}${from === to ? "" : `-${prefix}${to}`}`, location.href).href });
  }

  /**
   * Copies the selected lines that are shown.
   * @param {import("./lines.js").Lines} lines @param {import("./lines.js").Shown} shown @param {number} at @param {number} anchor
   */
  async copy(lines, shown, at, anchor) {
    const ats = at < 0 ? [] : between(shown, ...[at, anchor].map((end) => Math.max(end, lines.begin)));
    if (!ats) return this.#host.announce.tell(this.#texts.get("copy_too_many"));
    if (ats.length === 0) return;
    const text = textOf(lines, ats);
    // Neither a page without a secure context nor a frame without the permission has it.
    const isDone = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    if (!isDone && !copyAsBrowser(text)) return;
    say(this.#copy, this.#texts.get("copied"));
    this.#host.announce.tell(this.#texts.get("copied"));
    setTimeout(() => say(this.#copy, this.#texts.get("copy")), 2000);
  }
}

/** Lines between two, oldest first; undefined if they are too many. @param {import("./lines.js").Shown} shown @param {number} one @param {number} other */
function between(shown, one, other) {
  const [first, last] = [one, other].map((at) => shown.placeOf(at)).toSorted((a, b) => a - b);
  if (last - first >= MAX_COPIED) return undefined;
  const ats = [];
  for (let place = first; place <= last && place < shown.length; place++) ats.push(shown.at(place));
  return shown.newestFirst ? ats.reverse() : ats;
}

/** The document hears of it wherever the browser tells it. @param {string} text */
function copyAsBrowser(text) {
  const take = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData?.setData("text/plain", text);
  };
  document.addEventListener("copy", take, true);
  const isDone = document.execCommand("copy");
  document.removeEventListener("copy", take, true);
  return isDone;
}

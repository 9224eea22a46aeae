// Rows of a log that are as high as their words need. A page loads it where that is wanted.

import { sheetOf } from "./course.js";
import { set } from "./dom.js";
import { Scroll } from "./scroll.js";

const CSS = `
[data-wraps] { overflow-y: scroll }
[data-wraps] .row { block-size: auto; min-block-size: var(--research-row-height, 1.7em); contain: layout paint style }
[data-wraps] .row > .text { white-space: pre-wrap; overflow-wrap: anywhere }
`;

/** Of so many rows at most it keeps how high they were. */
const MAX_KNOWN = 2000;
/** Browsers' own rounding, in pixels. */
const NEAR = 0.02;

/**
 * How high a row is shows once it is in the document. Until then it counts as one line, and when it shows, what one looks at stays where it is.
 */
class Wrapped extends Scroll {
  /** How much higher than one line a row is, by its place. @type {Map<number, number>} */
  #more = new Map();
  /** The row that stays where it is: that which somebody was led to, until somebody scrolls. @type {number | undefined} */
  #stays;

  topOf(place) {
    let top = super.topOf(place);
    for (const [other, more] of this.#more) if (other < place) top += more;
    return top;
  }

  placeAt(px) {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.topOf(middle) <= px) low = middle;
      else high = middle - 1;
    }
    const top = this.topOf(low);
    return low + Math.min(1, (px - top) / (this.topOf(low + 1) - top));
  }

  /** Which row is how high is not known any more. */
  shift(places) {
    const first = Math.floor(this.placeAt(this.top));
    const inside = this.top - this.topOf(first);
    this.#more.clear();
    this.#stays = first - places;
    this.top = Math.max(0, this.topOf(this.#stays) + inside);
  }

  move(to, from) {
    this.#stays = undefined;
    super.move(to, from);
  }

  show(place, where) {
    super.show(place, where);
    this.#stays = place;
  }

  /** The first row in view that may have been seen before; those above it come in while somebody scrolls, and are higher than they counted. */
  get #firstKnown() {
    const [first, end] = this.rows;
    for (let place = first; place < end; place++) if (this.#more.has(place)) return place;
    return first;
  }

  /** Looks how high rows are. @param {Map<number, HTMLElement>} rows by their places @returns whether one is otherwise than it was known to be */
  measure(rows) {
    const stays = this.#stays ?? this.#firstKnown;
    const inside = this.top - this.topOf(stays);
    let isOther = false;
    const found = Array.from(rows, ([place, row]) => [place, parseFloat(getComputedStyle(row).height) - this.row]);
    for (const [place, more] of found) {
      if (Math.abs(more - (this.#more.get(place) ?? 0)) >= NEAR) isOther = true;
      else if (this.#more.has(place)) continue;
      this.#more.set(place, more);
    }
    if (this.#more.size > MAX_KNOWN) this.#more = new Map(found);
    if (isOther) this.top = Math.min(this.max, Math.max(0, this.topOf(stays) + inside));
    return isOther;
  }
}

export class Part {
  #log;
  #wraps = false;

  /** @param {ShadowRoot} root @param {import("./log.js").Log} log */
  constructor(root, log) {
    sheetOf(root, CSS);
    this.#log = log;
  }

  /** @param {boolean} wraps */
  show(wraps) {
    if (wraps === this.#wraps) return;
    this.#wraps = wraps;
    const { view } = this.#log;
    const [first, end] = view.scroll.rows;
    const at = Number(view.element.querySelector("[data-current]")?.ariaPosInSet ?? 0) - 1;
    set(view.element, { "data-wraps": wraps });
    view.wraps = wraps;
    view.scroll = wraps ? new Wrapped() : new Scroll();
    view.measure();
    // It goes on at the same row, and with the line that one is at.
    view.scroll.top = view.scroll.topOf(first);
    view.measure();
    if (!view.following && at >= first && at < end) view.show(at, "nearest");
  }
}

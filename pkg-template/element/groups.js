// What stands between two milestones of a log as a group that one can close, with the milestone as its head. A page loads it where it wants that.

import { sheetOf } from "./course.js";
import { button, make, say, set } from "./dom.js";
import { CHUNK, FILTERS, GAP, SHOWN_BY } from "./lines.js";
import { GROUPS } from "./words.js";

const CSS = `
[data-group] .fold { display: inline-block; inline-size: 2ch; text-align: center; cursor: pointer }
[data-group=closed] > .repeats { cursor: pointer; font-weight: 400 }
@container (max-width: 24rem) {
  [data-group=closed] > .repeats { max-inline-size: 10ch }
}
`;

/** @typedef {{ at: number, lines: number, errors: number }} Head the milestone, and how many lines of what kind are below it */

export class Part {
  #log;
  #view;
  #words;
  #texts;
  #button = button("button groups", () => this.#turn(!this.#closes));
  /** The attribute as it was last. @type {string | null} */
  #given = null;
  #lines;
  /** @type {Head[]} */
  #heads = [];
  /** The first line that was not looked at yet. */
  #seen = 0;
  /** Whether groups are closed once they are over. */
  #closes = false;
  /** The heads of those with which it is the other way round. @type {Set<number>} */
  #others = new Set();
  /** The first line of a group that was opened or closed since lines were shown last. */
  #from = Infinity;
  /** Where the last head was found: lines are asked for in their order. */
  #near = 0;

  /** @param {ShadowRoot} root @param {import("./log.js").Log} log */
  constructor(root, log) {
    sheetOf(root, CSS);
    this.#log = log;
    this.#view = log.element.querySelector(".view");
    log.element.querySelector(".order").before(this.#button);
    // Before the log itself hears of it.
    this.#view.addEventListener("pointerdown", (event) => this.#press(event), true);
    this.#view.addEventListener("keydown", (event) => this.#key(event), true);
  }

  /** @param {string | null} given the attribute: `closed`, or anything else for open ones; null for no groups @param {import("./texts.js").Texts} texts */
  show(given, texts) {
    if (texts !== this.#texts) {
      this.#texts = texts;
      this.#words = texts.over(GROUPS);
      say(this.#button, this.#words.get("groups"));
    }
    if (given === this.#given) return;
    this.#given = given;
    this.#button.hidden = given === null;
    this.#turn(given === "closed");
  }

  #turn(closes) {
    this.#closes = closes;
    this.#others.clear();
    set(this.#button, { "aria-pressed": String(closes) });
    this.#log.groups = this;
  }

  /** Whether there are any: with a filter there are none. */
  get #has() {
    return this.#given !== null && this.#log.filter === "all";
  }

  // --- For the log -----------------------------------------------------------------------------------------------------

  /** Takes in what came since. @param {import("./lines.js").Lines} lines @returns the first line from which on others are shown than before */
  update(lines) {
    if (lines !== this.#lines) {
      this.#lines = lines;
      this.#heads = [];
      this.#seen = lines.begin;
      this.#others.clear();
    }
    this.#trim();
    const here = this.#log.following ? -1 : this.#log.here();
    for (let at = Math.max(this.#seen, lines.begin); at < lines.end; at++) {
      const level = lines.chunkOf(at).levels[at & (CHUNK - 1)];
      const last = this.#heads.at(-1);
      if (SHOWN_BY[level] === FILTERS.milestone) {
        if (last && this.#closes) this.#leave(last, here);
        this.#heads.push({ at, lines: 0, errors: 0 });
      } else if (last && level !== GAP) {
        last.lines += 1;
        // Its row has to say that there is a group now.
        if (last.lines === 1) lines.changes += 1;
        if (SHOWN_BY[level] === FILTERS.error) last.errors += 1;
      }
    }
    this.#seen = lines.end;
    const from = this.#from;
    this.#from = Infinity;
    return from;
  }

  /** The oldest have gone. What is left of a group without its head nobody could open. */
  #trim() {
    const { begin } = this.#lines;
    const next = this.#heads.findIndex(({ at }) => at >= begin);
    const gone = this.#heads.splice(0, next < 0 ? this.#heads.length : next);
    if (gone.length === 0) return;
    if (this.#isClosed(gone.at(-1))) this.#change(begin);
    for (const { at } of gone) this.#others.delete(at);
  }

  /** A group is over. @param {Head} head @param {number} here the line that somebody reads */
  #leave(head, here) {
    this.#others.delete(head.at);
    // What one reads stays.
    if (here > head.at) this.#others.add(head.at);
    else this.#change(head.at + 1);
  }

  /** Whether a line is in a group that is closed. That lines are missing everybody has to know. */
  hides(at) {
    const level = this.#lines.chunkOf(at).levels[at & (CHUNK - 1)];
    if (this.#given === null || level === GAP || SHOWN_BY[level] === FILTERS.milestone) return false;
    const head = this.#headOf(at);
    return head !== undefined && this.#isClosed(head);
  }

  /** Opens the group of a line that is to be shown. */
  reveal(at) {
    if (this.hides(at)) this.#flip(this.#headOf(at));
  }

  /** Says in the row of a head how its group is. @param {HTMLElement} row @param {number} at */
  mark(row, at) {
    const head = this.#has ? this.#headOf(at) : undefined;
    const isHead = head?.at === at && head.lines > 0;
    const isClosed = isHead && this.#isClosed(head);
    set(row, { "data-group": isHead && (isClosed ? "closed" : "open") });
    if (!isHead) return;
    const [, , , text, count] = row.children;
    text.prepend(make("span", "fold", { "aria-hidden": "true" }, isClosed ? "+" : "−"));
    if (!isClosed) return;
    const words = this.#words.get("group_lines", { n: head.lines });
    say(count, head.errors > 0 ? this.#words.get("new_errors", { words, n: head.errors }) : words);
  }

  // --- One group -------------------------------------------------------------------------------------------------------

  /** The newest one is open: it is not over. @param {Head} head */
  #isClosed(head) {
    return (this.#closes && head !== this.#heads.at(-1)) !== this.#others.has(head.at);
  }

  /** The head of the group that a line is in, itself included; none before the first. @returns {Head | undefined} */
  #headOf(at) {
    const heads = this.#heads;
    const fits = (n) => heads[n]?.at <= at && !(heads[n + 1]?.at <= at);
    if (!fits(this.#near) && !fits((this.#near += 1))) {
      let low = 0;
      let high = heads.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (heads[middle].at <= at) low = middle + 1;
        else high = middle;
      }
      this.#near = low - 1;
    }
    return heads[this.#near];
  }

  #change(from) {
    this.#from = Math.min(this.#from, from);
    this.#lines.changes += 1;
  }

  /** @param {Head} head */
  #flip(head) {
    if (!this.#others.delete(head.at)) this.#others.add(head.at);
    this.#change(head.at + 1);
  }

  /** Somebody opens or closes a group, whose head stays where it is. @param {Head} head */
  #toggle(head) {
    const log = this.#log;
    const { following } = log;
    log.following = false;
    this.#flip(head);
    log.takeIn();
    const { scrollTop, scrollHeight, clientHeight } = this.#view;
    log.following = following && (log.order === "newest" ? scrollTop < 2 : scrollTop + clientHeight > scrollHeight - 2);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const row = this.#has && event.button === 0 && event.target.closest(".fold, [data-group=closed] > .repeats")?.closest(".row");
    if (!row) return;
    event.stopImmediatePropagation();
    this.#toggle(this.#headOf(Number(row.dataset.at)));
  }

  /** As in a tree: back closes the group that one is in and leads to its head, forward opens it. @param {KeyboardEvent} event */
  #key(event) {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (!/^Arrow(Left|Right)$/.test(key) || altKey || ctrlKey || metaKey || shiftKey || !this.#has) return;
    event.preventDefault();
    const isRtl = getComputedStyle(this.#view).direction === "rtl";
    const opens = (key === "ArrowRight") !== isRtl;
    const at = this.#log.here();
    const head = this.#headOf(at);
    if (!head?.lines || this.#isClosed(head) !== opens || (opens && at !== head.at)) return;
    this.#toggle(head);
    this.#log.select(head.at);
  }
}

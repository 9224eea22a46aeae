// Finds words in all lines of a log, and not only in those that the page shows, without keeping it from painting.

import { make, say } from "./dom.js";
import { CHUNK, FILTERS, SHOWN_BY } from "./lines.js";
import { inSlices } from "./slices.js";
import { TOOLS } from "./words.js";

/** How long it waits for more letters before it searches, in milliseconds. */
const TYPING_MS = 120;
/** So many hits are marked in a row. */
const MAX_MARKS = 50;

/** What finds a text as it is written, in either case. @param {string} words */
export function patternOf(words) {
  return new RegExp(words.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "gi");
}

export class Search {
  /** How many lines are found so far. */
  count = 0;
  /** What is looked for. @type {RegExp | undefined} */
  pattern;
  lines;
  #changed;
  #filter = 0;
  /** By the number of a chunk since the beginning: how far it was looked through, and what was found. @type {Map<number, { upTo: number, found: number[] }>} */
  #chunks = new Map();
  /** Of the search that goes on; an older one ends. */
  #run = 0;
  #running = false;
  /** Whether lines have come since it began, which it may have passed. */
  #again = false;
  #now;

  /** @param {import("./lines.js").Lines} lines @param {() => void} changed told after each slice @param {() => number} [now] */
  constructor(lines, changed, now) {
    this.lines = lines;
    this.#changed = changed;
    this.#now = now;
  }

  /** Whether there are lines that were not looked at yet. */
  get isLooking() {
    return this.#running;
  }

  /** Looks for words among the lines that a filter shows; for nothing, if there are none. Those from `at` on come first. */
  start(words, filter, at) {
    this.#run += 1;
    this.#chunks.clear();
    this.count = 0;
    this.#filter = filter;
    this.pattern = words === "" ? undefined : patternOf(words);
    this.#running = false;
    if (this.pattern) void this.#look(at);
  }

  /** Looks through the lines that have come since. */
  update() {
    if (!this.pattern) return;
    for (const [number, { found }] of this.#chunks) {
      if (number >= chunkOf(this.lines.begin)) continue;
      this.count -= found.length;
      this.#chunks.delete(number);
    }
    if (this.#running) this.#again = true;
    else if (this.#chunks.get(chunkOf(this.lines.end - 1))?.upTo !== this.lines.end) void this.#look(this.lines.end - 1);
  }

  async #look(at) {
    const run = this.#run;
    const { begin, end } = this.lines;
    if (begin === end) return;
    this.#running = true;
    this.#again = false;
    const from = Math.min(Math.max(at, begin), end - 1);
    // Those before, afterwards.
    let next = chunkOf(from);
    let passed = false;
    await inSlices(() => {
      if (run !== this.#run) return false;
      if (next > chunkOf(this.lines.end - 1)) {
        if (passed) return false;
        passed = true;
        next = chunkOf(this.lines.begin);
      }
      if (passed && next >= chunkOf(from)) return false;
      this.#scan(next);
      next += 1;
      return true;
    }, { now: this.#now, between: () => run === this.#run && this.#changed() });
    if (run !== this.#run) return;
    this.#running = false;
    this.#changed();
    if (this.#again) void this.#look(this.lines.end - 1);
  }

  /** The lines of one chunk that are found, in order. */
  #scan(number) {
    // The oldest may have gone meanwhile.
    if (number < chunkOf(this.lines.begin)) return [];
    let chunk = this.#chunks.get(number);
    if (!chunk) this.#chunks.set(number, (chunk = { upTo: number * CHUNK, found: [] }));
    const { found } = chunk;
    if (chunk.upTo < Math.min((number + 1) * CHUNK, this.lines.end)) {
      const before = found.length;
      chunk.upTo = scan(this.lines, this.pattern, this.#filter, chunk.upTo, found);
      this.count += found.length - before;
    }
    return found;
  }

  /**
   * The next found line behind `at`, or before it, around the end; -1 if there is none, `undefined` if something else is looked for by then.
   * @param {number} at @param {1 | -1} step
   */
  async next(at, step) {
    const run = this.#run;
    let line = -1;
    if (!this.pattern || this.lines.length === 0) return line;
    const { begin, end } = this.lines;
    const [low, high] = [chunkOf(begin), chunkOf(end - 1)];
    const first = Math.min(Math.max(chunkOf(at), low), high);
    const all = high - low + 1;
    let tried = 0;
    await inSlices(() => {
      if (run !== this.#run) return false;
      // The first chunk twice: behind the line, and at last before it.
      const found = this.#scan(low + ((((first - low + step * tried) % all) + all) % all));
      const fits = (other) => tried > 0 || (other - at) * step > 0;
      line = (step > 0 ? found.find(fits) : found.findLast(fits)) ?? -1;
      tried += 1;
      return line < 0 && tried <= all;
    }, { now: this.#now });
    return run === this.#run ? line : undefined;
  }

  /** How many were found, and which of them a line is. @param {number} at @param {import("./texts.js").Texts} texts */
  words(at, texts) {
    if (!this.pattern) return "";
    const t = (key, values) => texts.get(key, values);
    const words = this.count === 0 ? t("hits_none") : t("hits", { at: this.ordinal(at), n: this.count });
    return this.isLooking ? t("hits_looking", { words: this.count === 0 ? "" : words }) : words;
  }

  /** Marks what is looked for in a text. @param {Element} cell that has nothing but the text */
  mark(cell) {
    const { pattern } = this;
    if (!pattern) return;
    const text = cell.textContent;
    cell.replaceChildren();
    let done = 0;
    pattern.lastIndex = 0;
    for (let match, marks = 0; marks < MAX_MARKS && (match = pattern.exec(text)); marks++) {
      cell.append(text.slice(done, match.index), make("mark", "mark", {}, match[0]));
      done = match.index + match[0].length;
    }
    cell.append(text.slice(done));
  }

  /** The how manieth of the found lines a line is, from 1; 0 if it is none. */
  ordinal(at) {
    const own = this.#chunks.get(chunkOf(at))?.found.indexOf(at) ?? -1;
    let before = 0;
    for (const [number, { found }] of this.#chunks) if (number < chunkOf(at)) before += found.length;
    return own < 0 ? 0 : before + own + 1;
  }
}

/** What searches a log: where one types, the buttons beside it, and what they say. */
export class Finder {
  #log;
  #parts;
  /** @type {Search} */
  #search;
  /** The words that one has typed, as far as they were looked for, and the filter of the lines that are looked through. */
  #lookedFor = "";
  #filter = 0;
  #typing;
  #changed;
  #texts;
  /** @type {import("./texts.js").Texts} */
  #words;

  /**
   * @param {import("./log.js").Log} log
   * @param {{ input: HTMLInputElement, found: HTMLElement, previous: HTMLButtonElement, next: HTMLButtonElement }} parts
   * @param {number} filter bits @param {() => void} changed told when more is found
   */
  constructor(log, parts, filter, changed) {
    this.#log = log;
    this.#parts = parts;
    this.#changed = changed;
    const { input, found, previous, next } = parts;
    found.dir = "auto";
    input.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#look(), TYPING_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      // One that has not begun to look begins now.
      if (input.value !== this.#lookedFor) this.#look();
      else void this.#hit(event.shiftKey ? -1 : 1);
    });
    previous.addEventListener("click", () => void this.#hit(-1));
    next.addEventListener("click", () => void this.#hit(1));
    this.start(filter);
    // What was typed before it was there.
    if (input.value !== "") this.#look();
  }

  /** Looks through all lines that the log has now. @param {number} filter bits */
  start(filter) {
    const { lines } = this.#log;
    this.#filter = filter;
    if (lines !== this.#search?.lines) {
      // The one before ends.
      this.#search?.start("", filter, 0);
      this.#search = new Search(lines, this.#changed);
    }
    this.#search.start(this.#lookedFor, filter, this.#log.here());
    this.#log.refresh();
  }

  /** Looks through the lines that have come since. */
  update() {
    this.#search.update();
  }

  stop() {
    clearTimeout(this.#typing);
  }

  /** @param {number} at the line that one is at @param {import("./texts.js").Texts} texts */
  show(at, texts) {
    if (texts !== this.#texts) {
      this.#texts = texts;
      this.#words = texts.over(TOOLS);
    }
    const { found, previous, next } = this.#parts;
    next.disabled = previous.disabled = this.#search.count === 0;
    say(found, this.#search.words(at, this.#words));
  }

  /** @param {Element} cell that has nothing but the text */
  mark(cell) {
    this.#search.mark(cell);
  }

  #look() {
    clearTimeout(this.#typing);
    this.#lookedFor = this.#parts.input.value;
    this.start(this.#filter);
    // The first one from where one is, itself with it.
    if (this.#search.pattern) void this.#hit(1, this.#log.here() - this.#log.down);
  }

  async #hit(step, from = this.#log.here()) {
    const at = await this.#search.next(from, step * this.#log.down);
    if (at !== undefined && at >= 0 && this.#log.lines.has(at)) this.#log.lead(at);
  }
}

const chunkOf = (at) => Math.floor(at / CHUNK);

/**
 * Puts the lines into `found` that match and are shown, from one line to the end of its chunk, and returns where it ended.
 * @param {import("./lines.js").Lines} lines @param {RegExp} pattern global, and matching no line break @param {number} filter bits
 * @param {number} from @param {number[]} found
 */
function scan(lines, pattern, filter, from, found) {
  const chunk = lines.chunkOf(from);
  const first = from & (CHUNK - 1);
  const begin = from - first;
  const take = (n) => (SHOWN_BY[chunk.levels[n]] & filter) !== 0 && found.push(begin + n);
  if (chunk.texts) {
    for (let n = first; n < chunk.size; n++) {
      pattern.lastIndex = 0;
      if (pattern.test(chunk.texts[n])) take(n);
    }
    return begin + chunk.size;
  }
  // All lines at once: none has to be cut out.
  pattern.lastIndex = chunk.start(first);
  for (let n = first, match; (match = pattern.exec(chunk.joined)) && n < CHUNK; ) {
    n = holder(chunk.ends, n, match.index);
    if (match.index + match[0].length <= chunk.ends[n]) take(n);
    pattern.lastIndex = chunk.ends[n] + 1;
    n += 1;
  }
  return begin + CHUNK;
}

/** The next line on from `at`, itself left out, that is an error; -1 without one. @param {import("./lines.js").Lines} lines @param {number} at @param {1 | -1} step */
export function nextError(lines, at, step) {
  for (let next = Math.min(Math.max(at + step, lines.begin), lines.end - 1); next !== at && lines.has(next); next += step) {
    if (SHOWN_BY[lines.chunkOf(next).levels[next & (CHUNK - 1)]] === FILTERS.error) return next;
  }
  return -1;
}

/** The first line, from `low` on, that ends behind a place. */
function holder(ends, low, place) {
  let high = CHUNK - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] < place + 1) low = middle + 1;
    else high = middle;
  }
  return low;
}

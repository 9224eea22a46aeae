// The lines of a log, stored so that a million of them fit into a page: a thousand lines are one text, and what else is known of
// them is numbers. An object for each line takes almost twice as much, and gives the garbage collector a thousand times as many.

/** Levels by their number; the last one is no level of the server's: a line that tells of lines that are missing. */
export const LEVELS = ["trace", "debug", "info", "success", "warning", "error", "critical", "milestone", "gap"];
export const GAP = 8;

/** What one can filter by, one bit each. */
export const FILTERS = { all: 15, milestone: 1, info: 2, warning: 4, error: 8 };

/** The filters that show a level. That lines are missing everybody has to know who looks at some of them. */
export const SHOWN_BY = [2, 2, 2, 2, 4, 8, 8, 1, 15];
const MILESTONE = 7;
const INFO = 2;

/** Lines in one chunk: 2 ** SHIFT. */
const SHIFT = 10;
export const CHUNK = 1 << SHIFT;

/** So many characters of a line are kept. Real ones have 200. */
export const MAX_TEXT = 100_000;
/** So many of all lines, and so many lines, before the oldest go. */
const MAX_CHARACTERS = 256_000_000;
export const MAX_LINES = 1_000_000;

/** The same words among so many of the newest lines are one line that is counted. */
const RECENT = 10;

class Chunk {
  size = 0;
  characters = 0;
  /** Each line, until the chunk is full. @type {string[] | undefined} */
  texts = [];
  /** All lines then, with a line break after each. */
  joined = "";
  /** Where in it each line ends. */
  ends = new Uint32Array(CHUNK);
  levels = new Uint8Array(CHUNK);
  times = new Float64Array(CHUNK);
  /** Lines that came more than once → how often. @type {Map<number, number>} */
  counts = new Map();

  text(n) {
    return this.texts ? this.texts[n] : this.joined.slice(this.start(n), this.ends[n]);
  }

  start(n) {
    return n === 0 ? 0 : this.ends[n - 1] + 1;
  }

  seal() {
    let end = -1;
    for (let n = 0; n < CHUNK; n++) this.ends[n] = end += this.texts[n].length + 1;
    this.joined = this.texts.join("\n");
    this.texts = undefined;
  }
}

/**
 * Lines are named by `at`, which counts from the first one that was ever here and stays the same when the oldest go. People see the
 * `number`, which also counts those that the page has not got.
 */
export class Lines {
  /** How many lines of each filter there are, by its bit. */
  counts = { 1: 0, 2: 0, 4: 0, 8: 0 };
  /** The first line that is still here, and the first that is not there yet. */
  begin = 0;
  end = 0;
  /** How often something else was to be shown of lines that were there: one came again, or a group was opened or closed. */
  changes = 0;
  #chunks = [];
  #characters = 0;
  #before = 0;
  #max;
  /** The newest lines. @type {{ at: number, text: string, level: number }[]} */
  #recent = [];

  /** @param {number} [max] how many lines, rounded up to whole chunks */
  constructor(max = MAX_LINES) {
    this.#max = max;
  }

  get length() {
    return this.end - this.begin;
  }

  /** Says how many lines came before the first, which the page has not got. */
  startAfter(count) {
    if (this.end === 0) this.#before = count;
  }

  numberOf(at) {
    return at + this.#before + 1;
  }

  atOf(number) {
    return number - this.#before - 1;
  }

  has(at) {
    return at >= this.begin && at < this.end;
  }

  /** @param {{ message: string, level: string, time?: string }} entry of the client; `gap` is a level too */
  push({ message, level, time }) {
    const known = LEVELS.indexOf(level);
    const number = known < 0 ? INFO : known;
    const text = plain(String(message));
    if (number !== MILESTONE && number !== GAP && this.#isRepeated(text, number)) return;
    this.#append(text.length > MAX_TEXT ? clipped(text) : text, number, time === undefined ? NaN : Date.parse(time));
    const recent = { at: this.end - 1, text, level: number };
    if (this.#recent.push(recent) > RECENT) this.#recent.shift();
  }

  #isRepeated(text, level) {
    for (const recent of this.#recent) {
      if (recent.level !== level || recent.text !== text || recent.at < this.begin) continue;
      const { counts } = this.chunkOf(recent.at);
      const n = recent.at & (CHUNK - 1);
      counts.set(n, (counts.get(n) ?? 1) + 1);
      this.changes += 1;
      return true;
    }
    return false;
  }

  #append(text, level, time) {
    let chunk = this.#chunks.at(-1);
    if (!chunk || chunk.size === CHUNK) this.#chunks.push((chunk = new Chunk()));
    chunk.texts.push(text);
    chunk.levels[chunk.size] = level;
    chunk.times[chunk.size] = time;
    chunk.size += 1;
    chunk.characters += text.length;
    this.#characters += text.length;
    this.end += 1;
    if (level !== GAP) this.counts[SHOWN_BY[level]] += 1;
    if (chunk.size === CHUNK) chunk.seal();
  }

  /** Whether the oldest have to go. */
  get isOver() {
    return this.#chunks.length > 1 && (this.length > this.#max + CHUNK || this.#characters > MAX_CHARACTERS);
  }

  /** Lets the oldest go. Not by itself: whoever shows lines has to know. */
  trim() {
    while (this.isOver) {
      const chunk = this.#chunks.shift();
      this.begin += CHUNK;
      this.#characters -= chunk.characters;
      for (const level of chunk.levels) if (level !== GAP) this.counts[SHOWN_BY[level]] -= 1;
    }
  }

  /** Those that are kept with a line. */
  chunkOf(at) {
    return this.#chunks[(at - this.begin) >> SHIFT];
  }

  text(at) {
    return this.chunkOf(at).text(at & (CHUNK - 1));
  }

  /** The line as people see it. `time` is NaN where the server wrote none that can be read. */
  get(at) {
    const chunk = this.chunkOf(at);
    const n = at & (CHUNK - 1);
    return { number: this.numberOf(at), text: chunk.text(n), level: LEVELS[chunk.levels[n]], time: chunk.times[n], count: chunk.counts.get(n) ?? 1 };
  }

  /** Whether a filter, or several, show a line. @param {number} filter bits */
  isShown(at, filter) {
    return (SHOWN_BY[this.chunkOf(at).levels[at & (CHUNK - 1)]] & filter) !== 0;
  }
}

/** A text without what colours it in a terminal. */
export function plain(text) {
  return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, "");
}

/** The beginning, and how much more there was. A text of its own: a part of one keeps the whole of it. */
function clipped(text) {
  return JSON.parse(JSON.stringify(`${text.slice(0, MAX_TEXT)}… (+${text.length - MAX_TEXT})`));
}

/** The lines that a filter shows, by their place in what is shown. */
export class Shown {
  #lines;
  #filter;
  /** What hides lines, if there is anything. @type {import("./groups.js").Part | undefined} */
  #groups;
  /** Without a filter a line's place is its number. */
  #list = new Uint32Array(0);
  #begin = 0;
  #size = 0;
  /** The first line that it had when it looked last, and the first that it had not. */
  #first = 0;
  #seen = 0;

  /** @param {Lines} lines @param {number} filter bits @param {boolean} [newestFirst] @param {import("./groups.js").Part} [groups] of all lines: with a filter there are none */
  constructor(lines, filter = FILTERS.all, newestFirst = false, groups) {
    this.#lines = lines;
    this.#filter = filter;
    if (filter === FILTERS.all) this.#groups = groups;
    this.newestFirst = newestFirst;
    this.update();
  }

  get filter() {
    return this.#filter;
  }

  get #isAll() {
    return this.#filter === FILTERS.all && !this.#groups;
  }

  get length() {
    return this.#isAll ? this.#seen - this.#first : this.#size - this.#begin;
  }

  /** Takes in what came since, and returns by how many places the others have moved up; down, if that is negative. */
  update() {
    const before = this.length;
    const gone = this.#takeIn();
    return this.newestFirst ? before - gone - this.length : gone;
  }

  /** Returns how many are gone from the beginning. */
  #takeIn() {
    const lines = this.#lines;
    const all = this.#isAll;
    const from = this.#groups?.update(lines);
    let gone = all ? lines.begin - this.#first : 0;
    this.#first = lines.begin;
    if (all) {
      this.#seen = lines.end;
      return gone;
    }
    for (; this.#begin < this.#size && this.#list[this.#begin] < lines.begin; this.#begin += 1) gone += 1;
    if (from < this.#seen) {
      this.#size = this.#begin + this.#nth(from);
      this.#seen = from;
    }
    for (let at = Math.max(this.#seen, lines.begin); at < lines.end; at++) if (lines.isShown(at, this.#filter) && !this.#groups?.hides(at)) this.#add(at);
    this.#seen = lines.end;
    return gone;
  }

  #add(at) {
    if (this.#size === this.#list.length) {
      const kept = this.#list.subarray(this.#begin, this.#size);
      const larger = new Uint32Array(Math.max(CHUNK, 2 * kept.length));
      larger.set(kept);
      this.#size = kept.length;
      this.#begin = 0;
      this.#list = larger;
    }
    this.#list[this.#size++] = at;
  }

  at(place) {
    const nth = this.#turned(place);
    return this.#isAll ? this.#first + nth : this.#list[this.#begin + nth];
  }

  /** The place from the other end. */
  #turned(place) {
    return this.newestFirst ? this.length - 1 - place : place;
  }

  /** The place of a line, or of the next one that is shown. */
  placeOf(at) {
    return Math.max(0, this.#turned(this.#nth(at)));
  }

  #nth(at) {
    if (this.#isAll) return Math.max(0, at - this.#first);
    let low = this.#begin;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#list[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low - this.#begin;
  }
}

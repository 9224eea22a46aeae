// The page's own load of the stored log. The log panel of the application asks for it when it is first expanded, and with the
// answer empties its container and writes the answer's lines. Lines that were written before are gone then, and are written again
// unless the answer had them; of those that come later, the ones that it had stand there already.
//
// It is recognised by what it does, not by names in the page: a `fetch` of the stored log, and soon after the answer an element that
// is emptied and filled with the answer's lines. Whoever only downloads the log does the one without the other.

import { Turns } from "./turns.js";

/** Where the stored log is: newer and older pages. */
const LOGS = /\/(?:api\/research\/([^/?#]+)\/logs|history\/logs\/([^/?#]+))(?:[?#]|$)/;

/** So many written lines are kept, the newest: a panel has no more rows. */
const MAX_WRITTEN = 500;

/** Longer texts are not kept: real lines have 200 characters, and no server must fill the page with them. */
const MAX_TEXT = 10_000;

/** So many lines of an answer are kept, the newest, as of the keys of shown lines. */
const MAX_STORED = 10_000;

/** An answer whose lines are not written within this time was asked for by something else than a panel. */
const WRITTEN_WITHIN_MS = 10_000;

/**
 * @typedef {object} Line
 * @property {string | undefined} id the research; without one, of any
 * @property {string} text
 * @property {number | undefined} second of its own time; without one, the text alone tells whether an answer had it
 * @property {() => void} write
 */

export class Panel {
  #window;
  /** Lines in the order in which they were written. @type {Line[]} */
  #written = [];
  /** Lines that are written only if a load that is under way lacks them. @type {Line[]} */
  #kept = [];
  /** How many requests of a research have no answer yet, or none that was written. @type {Map<string, number>} */
  #loading = new Map();
  /** What the last load of a research had and was not yet handed over. @type {Map<string, Stored>} */
  #stored = new Map();
  /** Where the last load was written. */
  #container;
  /** Lines that wait to be written: a row costs a page some milliseconds. */
  #turns;

  /** @param {Window & typeof globalThis} window */
  constructor(window) {
    this.#window = window;
    this.#turns = new Turns(window);
    const { fetch } = window;
    if (typeof fetch !== "function" || typeof window.MutationObserver !== "function") return;
    // A page may have made it unchangeable: then its load is not seen, and nothing else is amiss.
    Reflect.set(window, "fetch", (...args) => {
      const answer = Reflect.apply(fetch, window, args);
      const id = researchOf(args[0]);
      return id === undefined ? answer : this.#follow(id, answer);
    });
  }

  /** Whether a load of this research was written into the page. */
  hasLoaded(id) {
    return this.#stored.has(id);
  }

  /** Whether a load of this research is under way. */
  isLoading(id) {
    return this.#loading.has(id);
  }

  /** Whether the page has shown this line itself. Each line of its answer stands for one. @param {Omit<Line, "write">} line */
  takes({ id, text, second }) {
    return this.#stored.get(id)?.take(text, second) ?? false;
  }

  /** The same, without the line being one of those that the client hands over. @param {Omit<Line, "write">} line */
  has({ id, text, second }) {
    return this.#stored.get(id)?.has(text, second) ?? false;
  }

  /** Writes a line, behind those that are being written again, and remembers it for the next load. @param {Line} line */
  write(line) {
    push(this.#written, line);
    this.#turns.run(line.write);
  }

  /** Remembers a line that the load under way may have. @param {Line} line */
  keep(line) {
    push(this.#kept, line);
  }

  /**
   * Writes a line by a function of the page, and moves its row to where it belongs by time.
   * @param {Omit<Line, "write">} line
   * @param {() => void} write
   * @returns whether the page has taken it; `true` as well where that cannot be seen
   */
  insert(line, write) {
    const observer = this.#observe(() => {});
    write();
    const records = observer?.takeRecords();
    observer?.disconnect();
    if (!records) return true;
    const newer = this.#newer(line);
    if (newer) this.#place(records.flatMap(({ addedNodes }) => [...addedNodes]).find((node) => shows(node, (text) => text === line.text)), newer);
    return records.length > 0;
  }

  // --- The load ------------------------------------------------------------------------------------------------------

  /** The page gets its answer when its lines are known here. */
  async #follow(id, asked) {
    this.#loading.set(id, (this.#loading.get(id) ?? 0) + 1);
    let response;
    let text;
    try {
      response = await asked;
      text = await response.clone().text();
    } catch {
      // The page hears of it, and shows that there are no lines.
    }
    this.#expect(id, storedLines(text));
    return response ?? asked;
  }

  /** Waits until the lines of an answer are written into the page. */
  #expect(id, lines) {
    const texts = new Set(lines.map(({ text }) => text));
    const end = () => {
      observer.disconnect();
      clearTimeout(timer);
      const others = this.#loading.get(id) - 1;
      if (others > 0) this.#loading.set(id, others);
      else this.#loading.delete(id);
    };
    const observer = this.#observe((records) => {
      const load = records.find((record) => isEmptied(record) && this.#isLoad(record, id, texts));
      if (!load) return;
      this.#container = load.target;
      end();
      this.#settle(id, lines, texts);
    });
    const timer = setTimeout(end, WRITTEN_WITHIN_MS);
  }

  /** Whether the answer stands in an element that was emptied; without lines, whether lines have stood there before. */
  #isLoad({ target, removedNodes }, id, texts) {
    if (texts.size > 0) return [target.firstElementChild, target.lastElementChild].some((row) => row && shows(row, (text) => texts.has(text)));
    if (target === this.#container) return true;
    const own = new Set(this.#of(this.#written, id).map(({ text }) => text));
    return [...removedNodes].some((node) => shows(node, (text) => own.has(text)));
  }

  /** All that was written before is gone. */
  #settle(id, lines, texts) {
    const stored = new Stored(lines);
    this.#stored.set(id, stored);
    const kept = this.#of(this.#kept, id);
    this.#kept = this.#kept.filter((line) => !kept.includes(line));
    // Kept ones are of before the page was opened.
    const all = [...kept, ...this.#of(this.#written, id)];
    const lacking = all.filter(({ text, second }) => (second === undefined ? !texts.has(text) : !stored.take(text, second)));
    const known = new Set(all.map(({ write }) => write));
    this.#turns.begin(lacking.map(({ write }) => write), (write) => !known.has(write));
  }

  // --- Rows ----------------------------------------------------------------------------------------------------------

  /** The row was put where the newest ones are, at the beginning or at the end. */
  #place(row, newer) {
    if (!row?.parentNode) return;
    const rows = [...row.parentNode.children];
    const isFirst = rows[0] === row;
    if (!isFirst) rows.reverse();
    const next = rows.find((other) => other !== row && shows(other, (text) => text === newer.text));
    if (rows[0] === row) next?.[isFirst ? "after" : "before"](row);
  }

  /** The oldest written line that is newer. */
  #newer({ id, second }) {
    let oldest;
    for (const line of this.#of(this.#written, id)) {
      if (line.second > second && !(line.second >= oldest?.second)) oldest = line;
    }
    return oldest;
  }

  #of(lines, id) {
    return lines.filter((line) => line.id === undefined || line.id === id);
  }

  #observe(look) {
    const { MutationObserver, document } = this.#window;
    if (typeof MutationObserver !== "function") return undefined;
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
    return observer;
  }
}

/** The lines of an answer, of which each stands for one line of the client. */
class Stored {
  /** `<second> <text>` → how many @type {Map<string, number>} */
  #counts = new Map();
  /** What is older than the lines that are kept is taken to be among them. */
  #since = -Infinity;

  constructor(lines) {
    const kept = lines.slice(-MAX_STORED);
    if (kept.length < lines.length) this.#since = kept[0].second;
    for (const { text, second } of kept) {
      if (text.length > MAX_TEXT) continue;
      const key = `${second} ${text}`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    }
  }

  has(text, second) {
    return second < this.#since || this.#counts.get(`${second} ${text}`) > 0;
  }

  take(text, second) {
    const has = this.has(text, second);
    const key = `${second} ${text}`;
    if (this.#counts.has(key)) this.#counts.set(key, this.#counts.get(key) - 1);
    return has;
  }
}

/** Stored lines have whole seconds; `undefined` without a time that can be read. @returns {number | undefined} */
export function secondOf(time) {
  const at = Date.parse(time);
  return Number.isNaN(at) ? undefined : Math.floor(at / 1000);
}

/** Pages ask by an address; the client itself has a `Request`. */
function researchOf(asked) {
  if (typeof asked !== "string" && !(asked instanceof URL)) return undefined;
  const match = LOGS.exec(String(asked));
  try {
    return match ? decodeURIComponent(match[1] ?? match[2]) : undefined;
  } catch {
    return undefined;
  }
}

/** What a panel shows of an answer: an array, or an object with one, or with one as a text; nothing if it is something else. */
function storedLines(text) {
  let lines;
  try {
    const answer = JSON.parse(text);
    lines = Array.isArray(answer) ? answer : (answer.logs ?? JSON.parse(answer.progress_log));
  } catch {
    // The page cannot read it either.
  }
  if (!Array.isArray(lines)) return [];
  const shown = lines.filter((line) => typeof line?.message === "string" && (line.timestamp ?? line.time));
  return shown.map(({ message, timestamp, time }) => ({ text: message, second: secondOf(timestamp ?? time) }));
}

/** Whether all that was in it was taken out at once, or this was the last of it. */
function isEmptied({ removedNodes, previousSibling, nextSibling }) {
  return removedNodes.length > 0 && !previousSibling && !nextSibling;
}

/** Whether a row, or an element in it, has such a text and nothing else. */
function shows(node, is) {
  if (!node.querySelectorAll) return false;
  return [node, ...node.querySelectorAll("*")].some(({ textContent }) => is(textContent));
}

function push(lines, line) {
  if (line.text.length > MAX_TEXT) return;
  if (lines.push(line) > MAX_WRITTEN) lines.shift();
}

// What a screen reader says while things happen: never more than one announcement in five seconds, and of many lines how many.

const EVERY_MS = 5000;
/** So many lines are read aloud. */
const FEW = 3;
const MAX_TEXT = 200;

export class Announcer {
  #say;
  #summary;
  #words = [];
  /** @type {string[]} */
  #lines = [];
  #count = 0;
  #errors = 0;
  /** Since the last announcement. */
  #timer;

  /** @param {(text: string) => void} say @param {(count: number, errors: number) => string} summary */
  constructor(say, summary) {
    this.#say = say;
    this.#summary = summary;
  }

  /** What has happened, such as an end. @param {string} words */
  tell(words) {
    this.#words.push(words);
    this.#soon();
  }

  /** A line has come. @param {string} text @param {boolean} isError */
  line(text, isError) {
    this.#count += 1;
    if (isError) this.#errors += 1;
    if (this.#count <= FEW) this.#lines.push(text.slice(0, MAX_TEXT));
    this.#soon();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  #soon() {
    // Those of the same moment together.
    this.#timer ??= setTimeout(() => this.#go(), 100);
  }

  #go() {
    this.#timer = undefined;
    if (this.#words.length === 0 && this.#count === 0) return;
    const lines = this.#count > FEW ? [this.#summary(this.#count, this.#errors)] : this.#lines;
    // What was said in between is over.
    this.#say([...this.#words.slice(-FEW), ...lines].join(". "));
    this.#clear();
    this.#timer = setTimeout(() => this.#go(), EVERY_MS);
  }

  #clear() {
    this.#words = [];
    this.#lines = [];
    this.#count = this.#errors = 0;
  }
}

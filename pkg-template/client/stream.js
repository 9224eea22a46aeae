// What a `for await` loop reads: a queue, bounded in number and size, that drops its oldest items and counts them.

import { Newest } from "./newest.js";

export class Stream {
  #waiting;
  #readers = [];
  #ended = false;
  #error;
  #leave;
  #takes;

  /**
   * @param {number} limit how many items wait for a slow reader
   * @param {() => void} leave called once when the stream takes no more items
   * @param {(item: unknown) => boolean} takes which items are for this loop
   */
  constructor(limit, leave, takes) {
    this.#waiting = new Newest(limit);
    this.#leave = leave;
    this.#takes = takes;
  }

  /** How many items were dropped because the loop was too slow. */
  get dropped() {
    return this.#waiting.dropped;
  }

  push(item) {
    if (this.#ended || !this.#takes(item)) return;
    const reader = this.#readers.shift();
    if (reader) return reader.resolve({ value: item, done: false });
    this.#waiting.push(item);
  }

  /** What waits is still read; then the loop finishes, or throws the error. */
  end(error) {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#leave();
    const readers = this.#readers.splice(0);
    for (const reader of readers) this.next().then(reader.resolve, reader.reject);
  }

  next() {
    if (this.#waiting.items.length > 0) return Promise.resolve({ value: this.#waiting.shift(), done: false });
    if (!this.#ended) return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    const error = this.#error;
    // The loop hears of an error once; after that the stream is simply over.
    this.#error = undefined;
    return error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true });
  }

  /** Called by `break` in a `for await` loop. */
  return(value) {
    this.#waiting.clear();
    this.end();
    return Promise.resolve({ value, done: true });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

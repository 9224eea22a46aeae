// The page's own requests for the status while there is no connection. The client asks too; these are for what else a page does
// with them.

import { attempt } from "../client/error.js";
import { TERMINAL } from "./followed.js";

/** The wait between two of them, as the old script had it. */
const INTERVAL_MS = 3000;

export class Polling {
  /** The function that the page has given for it, which comes before all others. */
  own;
  #page;
  #complain;

  /**
   * @param {import("./page.js").Page} page
   * @param {(words: string, error: unknown) => void} complain
   */
  constructor(page, complain) {
    this.#page = page;
    this.#complain = complain;
  }

  /** @param {import("./followed.js").Followed} followed gets the answers, unless the page has a way of its own for them */
  start(followed) {
    const { id, given } = followed;
    if (followed.ended || followed.isBenchmark) return;
    if (typeof this.own === "function") attempt(() => this.own(given));
    else if (this.#page.has("pollResearchStatus")) {
      this.#page.call("pollResearchStatus", given);
    } else if (this.#page.getResearchStatus && this.#noted(id) === undefined) {
      let asking = false;
      const ask = async () => {
        // An answer that takes longer than the interval must not have others beside it.
        if (asking) return;
        asking = true;
        try {
          const answer = await this.#page.getResearchStatus?.(given);
          // The connection may be back.
          if (this.#noted(id) !== interval || !answer) return;
          followed.take(answer);
          if (TERMINAL.has(answer.status)) this.stop(id);
        } catch (error) {
          this.#complain("the page's own request for the status of the research failed", error);
        } finally {
          asking = false;
        }
      };
      const interval = setInterval(ask, INTERVAL_MS);
      // Not set: under the id `__proto__` that would change what kind of object it is.
      Object.defineProperty(this.#page.pollIntervals, id, { value: interval, configurable: true, enumerable: true, writable: true });
    }
  }

  /** Also of intervals that the page itself has noted. */
  stop(id) {
    clearInterval(this.#noted(id));
    delete this.#page.pollIntervals[id];
  }

  stopAll() {
    for (const id of Object.keys(this.#page.pollIntervals)) this.stop(id);
  }

  /** The interval of a research, whose id may be one that every object has a property of. */
  #noted(id) {
    const { pollIntervals } = this.#page;
    return Object.hasOwn(pollIntervals, id) ? pollIntervals[id] : undefined;
  }
}

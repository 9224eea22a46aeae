// The page's own requests for the status while there is no connection. The client asks too; these are for what else a page does
// with them.

import { TERMINAL } from "./followed.js";

/** The wait between two of them, as the old script had it. */
const INTERVAL_MS = 3000;

export class Polling {
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
    if (followed.ended) return;
    if (this.#page.has("pollResearchStatus")) {
      this.#page.call("pollResearchStatus", given);
    } else if (this.#page.getResearchStatus && this.#page.pollIntervals[id] === undefined) {
      let asking = false;
      const ask = async () => {
        // An answer that takes longer than the interval must not have others beside it.
        if (asking) return;
        asking = true;
        try {
          const answer = await this.#page.getResearchStatus?.(given);
          // The connection may be back.
          if (this.#page.pollIntervals[id] !== interval || !answer) return;
          followed.take(answer);
          if (TERMINAL.has(answer.status)) this.stop(id);
        } catch (error) {
          this.#complain("the page's own request for the status of the research failed", error);
        } finally {
          asking = false;
        }
      };
      const interval = setInterval(ask, INTERVAL_MS);
      this.#page.pollIntervals[id] = interval;
    }
  }

  /** Also of intervals that the page itself has noted. */
  stop(id) {
    const { pollIntervals } = this.#page;
    clearInterval(pollIntervals[id]);
    delete pollIntervals[id];
  }

  stopAll() {
    for (const id of Object.keys(this.#page.pollIntervals)) this.stop(id);
  }
}

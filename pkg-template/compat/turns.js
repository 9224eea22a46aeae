// Calls what may take long one after the other, in tasks between which the browser and the connection have their turn. The core does
// the same for what it tells (src/pace.rs).

import { attempt } from "../client/error.js";

/** How long the first turn takes, in milliseconds, and one that has grown. */
const FIRST_MS = 8;
const MOST_MS = 40;

/** What browsers call a long task. */
const LONG_TASK_MS = 50;

export class Turns {
  #window;
  /** @type {(() => void)[]} */
  #waiting = [];
  #running = false;
  #turn = FIRST_MS;
  /** While something waits. @type {MessageChannel | undefined} */
  #channel;

  /** @param {Window & typeof globalThis} window */
  constructor(window) {
    this.#window = window;
  }

  /** Calls it now; behind all that waits, if something does. What is called in the course of that is part of it. @param {() => void} act */
  run(act) {
    if (this.#channel && !this.#running) this.#waiting.push(act);
    else act();
  }

  /** Calls these, the first ones now, and what waits of those before after them if `keeps` says so. */
  begin(acts, keeps) {
    this.#waiting = [...this.#waiting.filter(keeps), ...acts];
    if (!this.#channel && !this.#running) this.#go();
  }

  #go() {
    const begin = this.#now();
    let before = begin;
    this.#running = true;
    while (this.#waiting.length > 0) {
      attempt(this.#waiting.shift());
      const now = this.#now();
      const isOver = now - begin >= this.#turn || now - begin + (now - before) >= LONG_TASK_MS;
      before = now;
      if (isOver) break;
    }
    this.#running = false;
    if (this.#waiting.length > 0) return this.#schedule();
    this.#turn = FIRST_MS;
    this.#channel?.port1.close();
    this.#channel = undefined;
  }

  #schedule() {
    if (!this.#channel) {
      this.#channel = new this.#window.MessageChannel();
      this.#channel.port2.onmessage = () => {
        this.#turn = Math.min(2 * this.#turn, MOST_MS);
        this.#go();
      };
    }
    this.#channel.port1.postMessage(null);
  }

  /** A window without a clock has no turns. */
  #now() {
    return this.#window.performance?.now() ?? 0;
  }
}

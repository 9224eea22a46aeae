// Whether what concerns lines of the log goes to the page: at once; later, while it is not known who shows them; or not at all.

import { Turns } from "./turns.js";

/** So much is kept, the newest: a line, and the call of the handlers for it, for each of the 500 rows that a panel has. */
const MAX_HELD = 1000;

export class Gate {
  #window;
  /** @type {"open" | "held" | "shut"} */
  #state = "open";
  /** @type {(() => void)[]} */
  #held = [];
  /** Once something was held. @type {Turns | undefined} */
  #turns;

  /** @param {Window & typeof globalThis} window */
  constructor(window) {
    this.#window = window;
  }

  /** @param {() => void} act */
  pass(act) {
    if (this.#state === "held") {
      if (this.#held.push(act) > MAX_HELD) this.#held.shift();
    } else if (this.#state === "open") {
      if (this.#turns) this.#turns.run(act);
      else act();
    }
  }

  hold() {
    this.#state = "held";
  }

  /** What was held passes, in turns: a row costs a page some milliseconds. */
  open() {
    this.#state = "open";
    this.#turns = new Turns(this.#window);
    this.#turns.begin(this.#held.splice(0), () => true);
  }

  /** Somebody else shows the lines. */
  shut() {
    this.#state = "shut";
    this.#held = [];
  }
}

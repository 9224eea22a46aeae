// <research-progress> in the place of the page's own progress area and log panel, where the script's tag asks for it. What does it is a
// file of its own, which other pages do not load. Until it is there the page is as ever, but lines wait to see who shows them. What
// goes wrong leaves the page as it was.

import { ofDocument } from "./tag.js";

/** What the element takes the place of, as the application calls it from version 1.3 on. */
const PARTS = [
  ["no progress area (#research-progress-card)", "#research-progress-card"],
  ["no log panel (.ldr-collapsible-log-panel)", ".ldr-collapsible-log-panel"],
];

/** The pages that have both. On others that one of them is missing is no news. */
const PROGRESS = "/progress";

/** Lines do not wait longer for the element, in milliseconds. */
const WITHIN_MS = 10_000;

export class InPlace {
  #window;
  #gate;
  #load;
  /** Once the element's file is there. @type {import("./place.js").Place | undefined} */
  #place;
  /** The newest that the page follows. @type {{ client: object, research: object } | undefined} */
  #followed;
  /** @type {"undecided" | "standing" | "undone"} */
  #state = "undecided";

  /**
   * @param {Window & typeof globalThis} window
   * @param {import("./gate.js").Gate} gate of the lines
   * @param {(parts: HTMLElement[]) => Promise<import("./place.js").Place>} load
   */
  constructor(window, gate, load) {
    this.#window = window;
    this.#gate = gate;
    this.#load = load;
  }

  async begin() {
    if (ofDocument("readyState") === "loading") await new Promise((resolve) => EventTarget.prototype.addEventListener.call(document, "DOMContentLoaded", resolve, { once: true }));
    const parts = PARTS.map(([, selector]) => Document.prototype.querySelector.call(document, selector));
    const missing = PARTS.filter((_, at) => !parts[at]).map(([words]) => words);
    if (missing.length > 0) return this.#undo(this.#window.location.pathname.includes(PROGRESS) && `this page has ${missing.join(" and ")}`);
    const timer = setTimeout(() => this.#undo(`the element was not there within ${WITHIN_MS / 1000} s`), WITHIN_MS);
    try {
      this.#place = await this.#load(parts);
      this.#stand();
    } catch (error) {
      this.#undo(`the element could not be loaded (${error.message})`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The page follows a research, of which nothing has come yet. */
  follow(client, research) {
    this.#followed = { client, research };
    if (this.#state === "standing") this.#place.show(this.#followed);
    if (this.#state !== "undecided") return;
    this.#gate.hold();
    this.#stand();
  }

  #stand() {
    if (this.#state !== "undecided" || !this.#place || !this.#followed) return;
    try {
      this.#place.stand(this.#followed);
    } catch (error) {
      return this.#undo(`this browser cannot show the element (${error.message})`);
    }
    this.#state = "standing";
    this.#gate.shut();
  }

  /** @param {string | false} why in words for the console, or `false` where nobody expects an element */
  #undo(why) {
    if (this.#state !== "undecided") return;
    this.#state = "undone";
    this.#gate.open();
    if (why) console.warn(`research-socket: data-element has no effect, and the page shows its own progress area and log: ${why}.`);
  }
}

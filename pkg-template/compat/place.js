// The place of the page's own progress area and log panel, in which <research-progress> stands. They are hidden and not removed: the
// page's own scripts go on with them.

import { ofDocument } from "./tag.js";

/** Marks what is hidden. */
const HIDDEN = "data-research-socket-hidden";

/** The page's functions for lines, which it calls itself as well: each would cost a row that nobody sees. */
const WAYS = ["addConsoleLog", "_socketAddLogEntry"];

/**
 * Colours of the element that it takes from the application's themes, if there are such. All others stay its own: of the themes' accents
 * and warnings many cannot be read as text.
 */
const COLOURS = { text: "--text-primary", background: "--bg-primary", raised: "--bg-secondary", border: "--border-color" };

/** Above this a colour is light, of 0 to 255. */
const MIDDLE = 128;

export class Place {
  #window;
  #parts;
  #make;
  /** @type {HTMLElement & { client: object, research: object } | undefined} */
  #element;

  /** @param {Window & typeof globalThis} window @param {HTMLElement[]} parts what is in the place @param {() => HTMLElement} make the element */
  constructor(window, parts, make) {
    this.#window = window;
    this.#parts = parts;
    this.#make = make;
  }

  /** Throws, and leaves all as it was, where the browser cannot do it. */
  stand(followed) {
    // A style of their own is not enough: the page makes sure by one that its panel is shown. Nor is `!important`, which the application's
    // style sheet has as well, for an id.
    const sheet = new this.#window.CSSStyleSheet();
    sheet.replaceSync(`:is(#_#_#_#_, [${HIDDEN}]) { display: none !important }`);
    Reflect.set(Document.prototype, "adoptedStyleSheets", [...ofDocument("adoptedStyleSheets"), sheet], document);
    this.#element = this.#make();
    this.#dress();
    this.show(followed);
    const [first] = this.#parts;
    first.before(this.#element);
    for (const part of this.#parts) part.setAttribute(HIDDEN, "");
    for (const name of WAYS) silence(this.#window, name);
  }

  /** @param {{ client: object, research: { id: string } }} followed */
  show({ client, research }) {
    this.#element.setAttribute("research-id", research.id);
    Object.assign(this.#element, { client, research });
  }

  /** As the page around it looks, and with its addresses. */
  #dress() {
    for (const [name, given] of Object.entries(COLOURS)) this.#element.style.setProperty(`--research-${name}`, `var(${given})`);
    const tint = () => this.#element.setAttribute("theme", isLight(this.#window.getComputedStyle(this.#parts[0]).color) ? "dark" : "light");
    tint();
    // A person may choose another one.
    new this.#window.MutationObserver(tint).observe(ofDocument("documentElement"), { attributeFilter: ["data-theme", "class"] });
    const { pathname } = this.#window.location;
    const folder = pathname.slice(0, Math.max(0, pathname.indexOf("/progress/")));
    const links = { "sign-in-href": "/auth/login", "result-href": "/results/{id}", "new-href": "/" };
    for (const [name, path] of Object.entries(links)) this.#element.setAttribute(name, folder + path);
  }
}

/** Whether a text of this colour stands on something dark. @param {string} colour as browsers compute it */
function isLight(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  return 0.3 * red + 0.6 * green + 0.1 * blue > MIDDLE;
}

/** Makes a function of the page do nothing, also if the page defines it later. */
function silence(window, name) {
  const nothing = () => {};
  const property = { configurable: true, enumerable: true, get: () => nothing, set() {} };
  if (!Reflect.defineProperty(window, name, property)) Reflect.set(window, name, nothing);
}

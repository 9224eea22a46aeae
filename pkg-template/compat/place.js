// The place of the page's own progress area and log panel, in which <research-progress> stands. They are hidden and not removed: the
// page's own scripts go on with them.

import { ofDocument } from "./tag.js";

/** Marks what is hidden. */
const HIDDEN = "data-research-socket-hidden";

/** The page's functions for lines, which it calls itself as well: each would cost a row that nobody sees. */
const WAYS = ["addConsoleLog", "_socketAddLogEntry"];

/** Colours of the element that the application has names for; without these the element has its own. */
const COLOURS = {
  text: "--text-primary",
  muted: "--text-muted",
  background: "--bg-primary",
  raised: "--bg-secondary",
  border: "--border-color",
  accent: "--accent-primary",
  good: "--success-color",
  warning: "--warning-color",
  error: "--error-color",
};

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
    // A style of their own is not enough: the page makes sure by one that its panel is shown.
    const sheet = new this.#window.CSSStyleSheet();
    sheet.replaceSync(`[${HIDDEN}] { display: none !important }`);
    const sheets = [...ofDocument("adoptedStyleSheets"), sheet];
    this.#element = this.#make();
    this.#dress();
    this.show(followed);
    const [first] = this.#parts;
    first.before(this.#element);
    Reflect.set(Document.prototype, "adoptedStyleSheets", sheets, document);
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
    const [prefix] = this.#window.location.pathname.split("/progress/");
    if (prefix === "") return;
    this.#element.setAttribute("result-href", `${prefix}/results/{id}`);
    this.#element.setAttribute("new-href", `${prefix}/`);
  }
}

/** Whether a text of this colour stands on something dark. @param {string} colour as browsers compute it */
function isLight(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  return 0.3 * red + 0.6 * green + 0.1 * blue > MIDDLE;
}

/** Makes a function of the page do nothing, also if the page defines it later. */
function silence(window, name) {
  let own = window[name];
  const nothing = () => {};
  const property = { configurable: true, enumerable: true, get: () => nothing, set: (given) => (own = given) };
  if (!Reflect.defineProperty(window, name, property)) window[name] = nothing;
}

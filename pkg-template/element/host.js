// What the elements are to the page: their attributes, properties and events.

/** A server that renders pages has no elements. */
export const Base = globalThis.HTMLElement ?? class {};

/** Attributes that are options of `connect()`. */
export const CONNECTION = ["url", "path", "namespace"];

/** What `connect()` does without options for them. */
const ATTEMPTS = 5;
const INTERVAL_MS = 3000;

/** Lets what a page has set before the class was there go through its setters. @param {object} element */
export function takeOver(element) {
  for (const name of Object.keys(element)) {
    if (!(name in Object.getPrototypeOf(element))) continue;
    const value = element[name];
    delete element[name];
    element[name] = value;
  }
}

/** Gives a class properties that say whether the attribute of that name is there. @param {Function} Class @param {string[]} names */
export function reflect({ prototype }, names) {
  for (const name of names) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get() {
        return this.hasAttribute(name);
      },
      set(value) {
        // Frameworks set an attribute that is written without a value as an empty text.
        this.toggleAttribute(name, value === "" || Boolean(value));
      },
    });
  }
}

/** @param {Element} element @param {object} [options] the page's, which count more */
export function connectOptions(element, options) {
  const given = CONNECTION.filter((name) => element.hasAttribute(name)).map((name) => [name, element.getAttribute(name)]);
  return { ...Object.fromEntries(given), ...options };
}

/** What the words for a connection need to know of its options. */
export function numbersOf({ reconnectionAttempts = ATTEMPTS, fallback } = {}) {
  return { attempts: reconnectionAttempts, interval: fallback === false ? undefined : (fallback?.interval ?? INTERVAL_MS) };
}

/** An address of the page's, for a research. @param {Element} element @param {string} name of the attribute @param {string} usual @param {string} [id] */
export function addressOf(element, name, usual, id = "") {
  // Half of a surrogate pair, which no research has for its id, cannot be encoded.
  const encoded = encodeURIComponent(id.replace(/\p{Surrogate}/gu, "\uFFFD"));
  return (element.getAttribute(name) ?? usual).replaceAll("{id}", () => encoded);
}

/** @param {Element} element @param {string} name @param {unknown} detail */
export function tell(element, name, detail) {
  element.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
}

// Elements of the shadow tree. What they say is text, never markup, whoever wrote it.

/**
 * @param {string} name of the element @param {string} [part] its part, which is its class too
 * @param {Record<string, string | boolean>} [attributes] `true`: without a value; `false`: not there @param {(Node | string)[]} children
 */
export function make(name, part, attributes = {}, ...children) {
  const element = document.createElement(name);
  if (part) set(element, { part, class: part });
  set(element, attributes);
  element.append(...children);
  return element;
}

/** @param {Element} element @param {Record<string, string | number | boolean | null | undefined>} attributes */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value === true ? "" : value)) element.setAttribute(name, value === true ? "" : value);
  }
  return element;
}

/** Writes only what is new: a page is not painted for nothing. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
  return element;
}

/** @param {string} part @param {() => void} act */
export function button(part, act) {
  const element = make("button", part, { type: "button" });
  element.addEventListener("click", act);
  return element;
}

/** A word of the server's, for people. @param {string} name */
export function asWords(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

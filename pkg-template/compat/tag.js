// The tag that the script is in, whose attributes are options.

/** From the prototype: on `document` an element of the page with that name takes the place of what the browser says. */
export const ofDocument = (name) => Reflect.get(Document.prototype, name, document);

/**
 * @param {string} url of the script
 * @returns {HTMLOrSVGElement | undefined} none where the page loads it in another way
 */
export function tagOf(url) {
  const current = ofDocument("currentScript");
  // Its text may be in the page itself. Of a module the browser does not say which tag runs.
  return current && !current.src ? current : [...ofDocument("scripts")].find(({ src }) => src === url);
}

// What the script for old pages loads where its tag asks for the element: see compat/in-place.js. The element is within, made with the
// script's own connect(): element.js would bring a second one, with the glue of its own core.

import { Place } from "./compat/place.js";
import { createResearchProgress } from "./element/progress.js";

const NAME = "research-progress";

/**
 * @param {Window & typeof globalThis} window
 * @param {HTMLElement[]} parts what is in the place
 * @param {typeof import("./index.js").connect} connect
 */
export function makePlace(window, parts, connect) {
  return new Place(window, parts, () => {
    const { customElements } = window;
    // The page may have it from element.js.
    if (!customElements.get(NAME)) customElements.define(NAME, createResearchProgress(connect));
    return new (customElements.get(NAME))();
  });
}

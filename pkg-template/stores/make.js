// What the entry points for frameworks have in common: from a part's name and what the page gave to a store.

import { PARTS } from "./parts.js";
import { Store, keyOf } from "./store.js";

/** Those of the options that are a part's own, and the rest, which are connect()'s. */
function split({ tail, level, ...options } = {}) {
  return [{ tail, level }, options];
}

/**
 * @param {(options?: object) => Promise<import("../client/client.js").Client>} connect
 * @param {keyof typeof PARTS} name @param {string | number | null | undefined} id @param {object} [given]
 */
export function makeStore(connect, name, id, given) {
  const [own, options] = name === "log" ? split(given) : [undefined, given];
  return new Store({ connect, id, part: PARTS[name](own) }, options);
}

/** The same text for what is the same store. */
export const storeKey = keyOf;

/** What a store is told to use from now on: the same but for functions. */
export function connectOptions(name, given) {
  return name === "log" ? split(given)[1] : given;
}

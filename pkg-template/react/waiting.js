// Stores of components that are suspended: React forgets all that such a component has, and calls it anew once there is something to
// show.

/** How long one is kept that nobody comes back for, in milliseconds. */
const KEPT_MS = 5000;

export class Waiting {
  /** key → { store, ready } */
  #entries = new Map();

  /** The store, once it has something to show; throws what React waits for until then. @param {() => import("../stores/store.js").Store} make */
  take(key, make) {
    if (typeof document === "undefined") throw new Error("useSuspenseResearch() shows something in a browser only: a server renders the fallback of the <Suspense> around it.");
    let entry = this.#entries.get(key);
    if (!entry) this.#entries.set(key, (entry = this.#begin(key, make())));
    if (!isReady(entry.store)) throw entry.ready;
    return entry.store;
  }

  /** The component is there, and has it to itself from now on. */
  drop(key, store) {
    if (this.#entries.get(key)?.store === store) this.#entries.delete(key);
  }

  #begin(key, store) {
    const ready = new Promise((resolve) => {
      const leave = store.subscribe(() => {
        if (!isReady(store)) return;
        resolve();
        // Until the component has subscribed, if it comes back.
        setTimeout(() => {
          leave();
          this.drop(key, store);
        }, KEPT_MS);
      });
    });
    return { store, ready };
  }
}

/** Something is known, or there is something to say instead. */
function isReady(store) {
  const { state, connection, end } = store.getSnapshot();
  return Boolean(store.misuse) || state.updatedAt !== null || end !== null || state.refusal !== null || ["stopped", "closed"].includes(connection.name);
}

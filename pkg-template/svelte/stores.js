// Stores for Svelte, over any `connect`: objects with the `subscribe` that Svelte asks of a store, for which it need not be imported.

import { report } from "../client/error.js";
import { makeStore } from "../stores/make.js";

/** @param {(options?: object) => Promise<import("../client/client.js").Client>} connect */
export function createStores(connect) {
  function storeOf(part, id, options) {
    const store = makeStore(connect, part, id, options);
    return {
      subscribe(run) {
        run(store.getSnapshot());
        // A server renders what is not known yet: nobody would ever leave.
        if (typeof document === "undefined") return () => {};
        return store.subscribe(() => {
          // There is no component to throw it in.
          if (store.misuse) report(store.misuse);
          run(store.getSnapshot());
        });
      },
    };
  }

  return {
    research: (id, options) => storeOf("research", id, options),
    researchLog: (id, options) => storeOf("log", id, options),
    connection: (options) => storeOf("connection", undefined, options),
  };
}

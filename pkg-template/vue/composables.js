// The composables for Vue, over any `connect`.

import { computed, onScopeDispose, shallowRef, toValue, watch } from "vue";
import { connectOptions, makeStore, storeKey } from "../stores/make.js";

/** @param {(options?: object) => Promise<import("../client/client.js").Client>} connect */
export function createComposables(connect) {
  /** Id and options may be refs or functions: what they come to is followed. */
  function usePart(part, id, options) {
    const make = () => makeStore(connect, part, toValue(id), toValue(options));
    const store = shallowRef(make());
    const snapshot = shallowRef(store.value.getSnapshot());
    let leave = follow();

    function follow() {
      // On a server nobody would ever leave.
      if (typeof document === "undefined") return () => {};
      const { value: own } = store;
      return own.subscribe(() => (snapshot.value = own.getSnapshot()));
    }

    watch(
      () => storeKey(toValue(id), toValue(options)),
      () => {
        leave();
        store.value = make();
        snapshot.value = store.value.getSnapshot();
        leave = follow();
      },
      { flush: "sync" },
    );
    // Functions in them may be new each time.
    watch(
      () => toValue(options),
      (given) => store.value.use(connectOptions(part, given)),
      { flush: "sync" },
    );
    onScopeDispose(() => leave());
    return computed(() => {
      const shown = snapshot.value;
      if (store.value.misuse) throw store.value.misuse;
      return shown;
    });
  }

  return {
    useResearch: (id, options) => usePart("research", id, options),
    useResearchLog: (id, options) => usePart("log", id, options),
    useConnection: (options) => usePart("connection", undefined, options),
  };
}

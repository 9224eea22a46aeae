// The hook for React, over any `connect`.

import { useEffect, useMemo, useSyncExternalStore } from "react";
import { ResearchStore, keyOf } from "./research-store.js";

/** @param {(options?: object) => Promise<import("./client.js").Client>} connect */
export function createUseResearch(connect) {
  /** key → the store that components use, and for a moment after */
  const stores = new Map();

  return function useResearch(id, options) {
    const key = keyOf(id, options);
    // Another component's, or of one that was here a moment ago: then it is known from the first rendering on.
    const store = useMemo(() => stores.get(key) ?? new ResearchStore({ connect, stores, key, id }, options), [key]);
    // Functions in them may be new each time, and see what the component saw last.
    useEffect(() => store.use(options));
    const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
    if (store.misuse) throw store.misuse;
    return snapshot;
  };
}

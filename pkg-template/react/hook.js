// The hook for React, over any `connect`.

import { useEffect, useState, useSyncExternalStore } from "react";
import { ResearchStore, keyOf } from "./store.js";

/** @param {(options?: object) => Promise<import("../client/client.js").Client>} connect */
export function createUseResearch(connect) {
  return function useResearch(id, options) {
    const key = keyOf(id, options);
    // Each component has its own: who is signed in may be another than when a component before it was here. What they have in
    // common is the connection.
    const make = () => ({ key, store: new ResearchStore({ connect, id }, options) });
    let [own, setOwn] = useState(make);
    if (own.key !== key) setOwn((own = make()));
    const { store } = own;
    // Functions in them may be new each time, and see what the component saw last.
    useEffect(() => store.use(options));
    const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
    if (store.misuse) throw store.misuse;
    return snapshot;
  };
}

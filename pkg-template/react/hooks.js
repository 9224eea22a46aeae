// The hooks for React, over any `connect`.

import { useEffect, useState, useSyncExternalStore } from "react";
import { connectOptions, makeStore, storeKey } from "../stores/make.js";
import { Waiting } from "./waiting.js";

/** @param {(options?: object) => Promise<import("../client/client.js").Client>} connect */
export function createHooks(connect) {
  const waiting = new Waiting();

  /** @param {"research" | "log" | "connection"} part @param {Waiting} [waiting] where stores are that wait for something to show */
  function usePart(part, id, options, waiting) {
    const key = storeKey(id, options);
    // Each component has its own: who is signed in may be another than when a component before it was here. What they have in
    // common is the connection.
    const create = () => makeStore(connect, part, id, options);
    const make = () => ({ key, store: waiting ? waiting.take(key, create) : create() });
    let [own, setOwn] = useState(make);
    if (own.key !== key) setOwn((own = make()));
    const { store } = own;
    // Functions in them may be new each time, and see what the component saw last.
    useEffect(() => {
      store.use(connectOptions(part, options));
      waiting?.drop(key, store);
    });
    const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
    if (store.misuse) throw store.misuse;
    return snapshot;
  }

  return {
    useResearch: (id, options) => usePart("research", id, options),
    useResearchLog: (id, options) => usePart("log", id, options),
    useConnection: (options) => usePart("connection", undefined, options),
    useSuspenseResearch: (id, options) => usePart("research", id, options, waiting),
  };
}

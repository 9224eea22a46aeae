// The handlers of one object by event name: each is called on its own, so that one that throws stops nothing else.

import { report } from "./error.js";

export class Handlers {
  /** event → (handler → `{ once }`: whether it is called only once). A function is registered once, as with the DOM's events. */
  #byEvent = new Map();
  /** event → its handlers as they are now, once it was told. */
  #called = new Map();
  #changed;

  /** @param {(event: string, wanted: boolean) => void} [changed] told when an event gets its first or loses its last handler */
  constructor(changed = () => {}) {
    this.#changed = changed;
  }

  /** The events that have handlers. */
  get events() {
    return [...this.#byEvent.keys()];
  }

  /** Returns the undo. */
  add(event, handler, once = false) {
    if (typeof event !== "string" || event === "") throw new TypeError("The name of an event must be a string that is not empty.");
    if (typeof handler !== "function") throw new TypeError(`The handler of "${event}" must be a function.`);
    this.#called.delete(event);
    const handlers = this.#byEvent.get(event);
    const registered = handlers?.get(handler) ?? { once };
    // `on` after `once` keeps the handler; `once` after `on` must not take it away.
    registered.once &&= once;
    if (handlers) {
      handlers.set(handler, registered);
    } else {
      // First the other side, which may refuse: then nothing has been registered.
      this.#changed(event, true);
      this.#byEvent.set(event, new Map([[handler, registered]]));
    }
    return () => {
      // It is over, and the same function may be there anew: that is for another undo.
      if (this.#byEvent.get(event)?.get(handler) === registered) this.remove(event, handler);
    };
  }

  /** Without a handler: all handlers of the event. */
  remove(event, handler) {
    this.#called.delete(event);
    const handlers = this.#byEvent.get(event);
    if (!handlers) return;
    if (handler === undefined) handlers.clear();
    else handlers.delete(handler);
    if (handlers.size === 0) {
      this.#byEvent.delete(event);
      this.#changed(event, false);
    }
  }

  call(event, ...args) {
    const handlers = this.#byEvent.get(event);
    if (!handlers) return;
    let called = this.#called.get(event);
    if (!called) this.#called.set(event, (called = [...handlers.keys()]));
    for (const handler of called) {
      // A handler that an earlier one removed is not called any more.
      const registered = handlers.get(handler);
      if (registered?.once) this.remove(event, handler);
      if (registered) run(handler, args);
    }
  }

  clear() {
    for (const event of this.events) this.remove(event);
  }
}

/** Handlers of every event, as in socket.io-client: a function that is added twice is called twice. */
export class CatchAll {
  #handlers = [];
  #changed;

  /** @param {(wanted: boolean) => void} [changed] told when there is a first one, and none any more */
  constructor(changed = () => {}) {
    this.#changed = changed;
  }

  get handlers() {
    return [...this.#handlers];
  }

  /** Returns the undo. */
  add(handler, first) {
    if (typeof handler !== "function") throw new TypeError("The handler of every event must be a function.");
    if (this.#handlers.length === 0) this.#changed(true);
    if (first) this.#handlers.unshift(handler);
    else this.#handlers.push(handler);
    let done = false;
    return () => {
      if (!done) this.remove(handler);
      done = true;
    };
  }

  /** Once; without a handler: all. */
  remove(handler) {
    const place = this.#handlers.indexOf(handler);
    if (handler === undefined) this.clear();
    else if (place >= 0 && this.#handlers.splice(place, 1) && this.#handlers.length === 0) this.#changed(false);
  }

  call(...args) {
    for (const handler of this.handlers) run(handler, args);
  }

  clear() {
    const { length } = this.#handlers.splice(0);
    if (length > 0) this.#changed(false);
  }
}

function run(handler, args) {
  try {
    handler(...args);
  } catch (error) {
    report(error);
  }
}

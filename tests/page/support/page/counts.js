// Runs in a page before everything else, and counts what the package makes of the things that outlive a call: listeners,
// timers, intervals, message channels. Calls of anybody else are not counted.

(() => {
  /** What is there, with words for each. */
  const open = new Set();
  /** How many there ever were of each kind. */
  const made = { listener: 0, timer: 0, interval: 0, channel: 0 };

  /** Where the package is, and where Vite's development server puts it. */
  const PACKAGE = /\/pkg\/|\/research-socket[^/]*\.js/;

  /** Whether the caller of the function that asks is the package. */
  function isPackage() {
    // Chromium alone begins with the name of the error.
    const [, , caller] = new Error().stack.split("\n").filter((line) => line !== "Error");
    return PACKAGE.test(caller);
  }

  function add(kind, words, more = {}) {
    const entry = { kind, words, ...more };
    made[kind] += 1;
    open.add(entry);
    return entry;
  }

  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const captures = (options) => Boolean(typeof options === "object" && options ? options.capture : options);
  const find = (target, type, listener, capture) =>
    [...open].find((entry) => entry.target === target && entry.type === type && entry.listener === listener && entry.capture === capture);

  EventTarget.prototype.addEventListener = function (type, listener, options) {
    const capture = captures(options);
    if (isPackage() && !find(this, type, listener, capture)) {
      const entry = add("listener", `listener ${type}`, { target: this, type, listener, capture });
      const forgetIt = () => open.delete(entry);
      if (options?.once) addEventListener.call(this, type, forgetIt, { once: true, capture });
      if (options?.signal) addEventListener.call(options.signal, "abort", forgetIt, { once: true });
    }
    return addEventListener.call(this, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    open.delete(find(this, type, listener, captures(options)));
    return removeEventListener.call(this, type, listener, options);
  };

  const { setTimeout, clearTimeout, setInterval, clearInterval, MessageChannel } = window;
  const timers = new Map();
  const forget = (timer) => {
    open.delete(timers.get(timer));
    timers.delete(timer);
  };
  window.setTimeout = (callback, ms, ...args) => {
    if (!isPackage()) return setTimeout(callback, ms, ...args);
    const timer = setTimeout(() => {
      forget(timer);
      callback(...args);
    }, ms);
    timers.set(timer, add("timer", `timer of ${ms} ms`));
    return timer;
  };
  window.setInterval = (...args) => {
    const timer = setInterval(...args);
    if (isPackage()) timers.set(timer, add("interval", `interval of ${args[1]} ms`));
    return timer;
  };
  window.clearTimeout = (timer) => {
    forget(timer);
    clearTimeout(timer);
  };
  window.clearInterval = (timer) => {
    forget(timer);
    clearInterval(timer);
  };

  window.MessageChannel = class extends MessageChannel {
    constructor() {
      super();
      if (!isPackage()) return;
      const entry = add("channel", "message channel");
      for (const port of [this.port1, this.port2]) {
        const close = port.close.bind(port);
        port.close = () => {
          open.delete(entry);
          close();
        };
      }
    }
  };

  window.BroadcastChannel = class extends BroadcastChannel {
    #entry;
    constructor(name) {
      super(name);
      if (isPackage()) this.#entry = add("channel", "broadcast channel");
    }
    close() {
      open.delete(this.#entry);
      super.close();
    }
  };

  window.counts = {
    /** What is still there, in words. */
    left: () => [...open].map(({ words }) => words),
    made: () => ({ ...made }),
  };
})();

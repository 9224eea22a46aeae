// The timers of the module, for which gloo-timers calls the globals `setTimeout` and `clearTimeout`. In their place the build
// puts those of this file into the glue, so that a trap in a callback is seen, and nothing calls an instance that is gone.

export class Timers {
  #enter;
  #pending = new Set();

  /**
   * An instance begins.
   * @param {(run: () => void) => void} enter runs what calls into it
   */
  begin(enter) {
    this.#enter = enter;
  }

  /** The instance is gone, and its timers with it. What of it is still on the stack gets no new ones. */
  end() {
    this.#enter = undefined;
    for (const timer of this.#pending) globalThis.clearTimeout(timer);
    this.#pending.clear();
  }

  set(callback, ms) {
    const enter = this.#enter;
    if (!enter) return undefined;
    const fire = () => {
      this.#pending.delete(timer);
      enter(callback);
    };
    const timer = globalThis.setTimeout(fire, ms);
    this.#pending.add(timer);
    return timer;
  }

  clear(timer) {
    globalThis.clearTimeout(timer);
    this.#pending.delete(timer);
  }
}

export const timers = new Timers();

const guardedSetTimeout = (callback, ms) => timers.set(callback, ms);
const guardedClearTimeout = (timer) => timers.clear(timer);

export { guardedSetTimeout as setTimeout, guardedClearTimeout as clearTimeout };

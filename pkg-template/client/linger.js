// Waits a moment before something is let go of, so that who asks for it again at once finds it as it was.

import { attempt } from "./error.js";

/**
 * How long, in milliseconds: a framework puts a component back within a task (React's StrictMode, a change of route), a
 * development server replaces a module within some hundreds on a busy machine. A person who leaves notices nothing of it.
 */
export const LINGER_MS = 500;

export class Linger {
  /** what → its timer */
  #timers = new Map();

  /** Lets go of it by `act`, unless it is kept before. */
  begin(what, act) {
    this.keep(what);
    const fire = () => {
      this.#timers.delete(what);
      attempt(act);
    };
    this.#timers.set(what, setTimeout(fire, LINGER_MS));
  }

  keep(what) {
    clearTimeout(this.#timers.get(what));
    this.#timers.delete(what);
  }

  /** Nothing is let go of any more. */
  end() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}

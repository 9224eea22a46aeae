// What `connect` gives: one client of a shared connection, with its own handlers and researches.

import { ResearchSocketError, attempt, report } from "./error.js";
import { Handlers } from "./handlers.js";
import { researchId } from "./id.js";
import { Research } from "./research.js";
import { pack } from "./wire.js";

/** Events of the client itself. Any other name is an event of the server. */
const OWN_EVENTS = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "reconnect",
  "reconnect_attempt",
  "reconnect_failed",
  "search_engine_selected",
  "state",
  "warning",
]);

/** No time limit: the answer comes, or the connection ends. */
const NO_TIMEOUT = 0;

export class Client {
  #link;
  #own;
  #browser;
  #member;
  /** The last state, once the client is closed. */
  #closed;
  /** Its state while it goes from one connection to another. */
  #between;
  /** id → { research, leave(error) } */
  #researches = new Map();
  #handlers = new Handlers((event, wanted) => {
    if (!OWN_EVENTS.has(event)) this.#link.listen(event, wanted);
  });
  #aborted = () => this.#close(new ResearchSocketError("ABORTED", "The client was closed by its AbortSignal.", { cause: this.#own.signal.reason }));

  /**
   * @param {import("./link.js").Link} link
   * @param {{ settings: object, since: number, answer?: object }} call of `connect`: what it was given, when it came, what its
   *   credentials came to
   */
  constructor(link, { settings, since, answer }, browser) {
    const { own } = settings;
    this.#link = link;
    this.#own = own;
    this.#browser = browser;
    this.#member = {
      settings,
      since,
      answer,
      handle: (event, args) => {
        this.#log(event, args);
        this.#handlers.call(event, ...args);
      },
      fail: (error) => this.#close(error),
      move: (next, reason) => this.#move(next, reason),
    };
    link.join(this.#member);
    own.signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  // --- Researches ----------------------------------------------------------------------------------------------------

  subscribe(id, handler) {
    this.#need();
    const key = researchId(id);
    // Before anything is asked of the server: a wrong handler must not leave a subscription behind.
    if (handler !== undefined && typeof handler !== "function") throw new TypeError("The handler of subscribe() must be a function.");
    const { research } = this.#researches.get(key) ?? this.#follow(key, id);
    if (handler) research.on("update", handler);
    return research;
  }

  unsubscribe(id) {
    this.#leave(researchId(id), unsubscribed(id));
  }

  #follow(id, given) {
    const entry = { research: undefined, leave: undefined, move: undefined };
    const need = () => {
      this.#need();
      if (this.#researches.get(id) !== entry) throw unsubscribed(id);
    };
    entry.research = new Research(id, {
      join: (view, leave) => {
        view.member = this.#member;
        entry.leave = (error) => {
          leave(error);
          this.#link.unsubscribe(id, view);
        };
        entry.move = (before) => {
          view.follow(this.#link.subscribe(id, given, view, before.heard(id, view.member)));
          before.unsubscribe(id, view);
        };
        return this.#link.subscribe(id, given, view);
      },
      unsubscribe: () => {
        // The page may have subscribed again since: then that one is another's.
        if (this.#researches.get(id) === entry) this.unsubscribe(id);
      },
      refresh: () => {
        need();
        this.#link.refresh(id);
      },
      cancel: async () => {
        need();
        const token = await this.#csrfToken();
        need();
        await this.#link.cancel(this.#member, id, token);
      },
    });
    this.#researches.set(id, entry);
    return entry;
  }

  #leave(id, error) {
    const entry = this.#researches.get(id);
    this.#researches.delete(id);
    entry?.leave(error);
  }

  async #csrfToken() {
    // The page's token is its own server's: another one could act there with it.
    const { atHome, csrfToken = atHome ? this.#browser.csrfToken : undefined } = this.#own;
    if (typeof csrfToken !== "function") return csrfToken;
    try {
      return (await csrfToken()) ?? undefined;
    } catch (cause) {
      throw new ResearchSocketError("INVALID_ARGUMENT", `The page's function for "csrfToken" failed: ${cause?.message ?? cause}`, { cause });
    }
  }

  // --- Events of the server ------------------------------------------------------------------------------------------

  emit(event, ...args) {
    this.#emit(false, event, args);
  }

  emitWithAck(event, ...args) {
    return this.#ask(NO_TIMEOUT, event, args);
  }

  /** As in socket.io-client: the next emit is dropped instead of kept when there is no connection. */
  get volatile() {
    return { emit: (event, ...args) => this.#emit(true, event, args) };
  }

  /** As in socket.io-client: a limit for the answer to the next emit. */
  timeout(ms) {
    if (typeof ms !== "number") throw new TypeError("The time-out must be a number of milliseconds.");
    if (!(ms > 0 && ms < Infinity)) throw new RangeError("The time-out must be above 0 and finite, in milliseconds.");
    return { emitWithAck: (event, ...args) => this.#ask(ms, event, args) };
  }

  #emit(volatile, event, args) {
    const packet = packed(event, args);
    if (volatile && this.#closed) return;
    this.#need();
    this.#link.emit(...packet, volatile);
  }

  async #ask(timeout, event, args) {
    this.#need();
    return this.#link.emitWithAck(this.#member, ...packed(event, args), timeout, false);
  }

  on(event, handler) {
    return this.#add(event, handler, false);
  }

  once(event, handler) {
    return this.#add(event, handler, true);
  }

  off(event, handler) {
    this.#handlers.remove(event, handler);
  }

  onReconnect(handler) {
    return this.on("reconnect", handler);
  }

  #add(event, handler, once) {
    // A closed client has nothing to tell any more; adding a handler to it is harmless.
    return this.#closed ? () => {} : this.#handlers.add(event, handler, once);
  }

  // --- The connection ------------------------------------------------------------------------------------------------

  get state() {
    return this.#closed ?? this.#between ?? this.#link.state;
  }

  get connected() {
    return this.state.name === "connected";
  }

  get usingFallback() {
    return this.state.name === "fallback";
  }

  stats() {
    return this.#link.stats();
  }

  trace() {
    return this.#link.trace();
  }

  connect() {
    this.#need();
    this.#link.connect();
  }

  close() {
    this.#close(new ResearchSocketError("CLOSED", "The client was closed by the page."));
  }

  #close(reason) {
    if (this.#closed) return;
    // First this: whatever a handler does from here on meets a closed client.
    this.#closed = Object.freeze({ name: "closed", reason });
    this.#own.signal?.removeEventListener("abort", this.#aborted);
    this.#member.handle("state", [this.#closed]);
    // Each on its own: a module that fails here must not keep the rest from being let go of. The connection first: if it
    // closes now, its goodbye says all, and no research needs one of its own.
    attempt(() => this.#link.leave(this.#member, reason));
    for (const id of [...this.#researches.keys()]) attempt(() => this.#leave(id, reason));
    attempt(() => this.#handlers.clear());
  }

  /** It goes on over another connection, with all that it has; for the page that is a reconnection. */
  #move(link, reason) {
    const before = this.#link;
    const { name } = before.state;
    this.#link = link;
    link.join(this.#member);
    const events = this.#handlers.events.filter((event) => !OWN_EVENTS.has(event));
    for (const event of events) attempt(() => link.listen(event, true));
    for (const { move } of this.#researches.values()) attempt(() => move(before));
    for (const event of events) attempt(() => before.listen(event, false));
    attempt(() => before.leave(this.#member, reason));

    this.#between = Object.freeze({ name: "reconnecting", reason });
    this.#member.handle("state", [this.#between]);
    if (name === "connected") this.#member.handle("disconnect", ["transport close", reason]);
    this.#between = undefined;
    if (this.#closed || this.#link !== link) return;
    if (link.state.name !== "reconnecting") this.#member.handle("state", [link.state]);
    link.welcome(this.#member);
  }

  #need() {
    if (this.#closed) throw this.#closed.reason;
  }

  #log(event, [detail]) {
    const { logger } = this.#own;
    try {
      if (event === "state") logger?.debug?.(`research-socket: ${detail.name}`, detail);
      if (event === "warning") logger?.warn?.(`research-socket: ${detail.message}`, detail);
    } catch (error) {
      report(error);
    }
  }
}

// Older browsers do not have the symbol; there is no `using` there either.
if (Symbol.dispose) Client.prototype[Symbol.dispose] = Client.prototype.close;

function unsubscribed(id) {
  return new ResearchSocketError("ABORTED", `The page has unsubscribed from research ${id}. Subscribe again to follow it.`);
}

function packed(event, args) {
  if (typeof event !== "string" || event === "") throw new TypeError("The name of an event must be a string that is not empty.");
  return pack([event, ...args]);
}

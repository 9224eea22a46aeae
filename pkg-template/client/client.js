// What `connect` gives: one client of a shared connection, with its own handlers and researches.

import { ResearchSocketError, attempt, notSent, report } from "./error.js";
import { CatchAll, Handlers } from "./handlers.js";
import { researchId } from "./id.js";
import { Outbox } from "./outbox.js";
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

/** An emit without further wishes; no time limit: the answer comes, or the connection ends. */
const PLAIN = { volatile: false, timeout: 0 };

/** The name under which the module takes the wish to hear every event. */
const EVERY_EVENT = "";

/** What waits for a `Blob` to be read has the same bound as what waits for the connection. */
const MAX_EMIT_BUFFER = 16 * 1024 * 1024;

/** In socket.io-client's words. */
const BY_PAGE = "io client disconnect";

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
  /** Of the client's own events. */
  #handlers = new Handlers();
  /** Of the server's. */
  #heard = new Handlers((event, wanted) => this.#link.listen(event, wanted, this.#member));
  #any = new CatchAll((wanted) => this.#link.listen(EVERY_EVENT, wanted, this.#member));
  #anyOutgoing = new CatchAll();
  /** What `onAnyOutgoing` is told of once it leaves: events and their arguments. */
  #unsent = new Set();
  #outbox;
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
    this.#outbox = new Outbox(settings.connection.maxEmitBuffer ?? MAX_EMIT_BUFFER);
    this.#member = {
      settings,
      since,
      answer,
      handle: (event, args) => {
        this.#log(event, args);
        if (event === "connect") this.#sent();
        this.#handlers.call(event, ...args);
      },
      hear: (event, args) => {
        this.#any.call(event, ...args);
        this.#heard.call(event, ...args);
      },
      lose: () => this.#unsent.clear(),
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
    this.#emit(PLAIN, event, args);
    return this;
  }

  emitWithAck(event, ...args) {
    return this.#ask(PLAIN, event, args);
  }

  /** As in socket.io-client: the next emit is dropped instead of kept when there is no connection. */
  get volatile() {
    return this.#with({ ...PLAIN, volatile: true });
  }

  /** As in socket.io-client: a limit for the answer to the next emit. */
  timeout(ms) {
    return this.#with({ ...PLAIN, timeout: limit(ms) });
  }

  #with(wishes) {
    const further = (more) => this.#with({ ...wishes, ...more });
    return {
      emit: (event, ...args) => {
        this.#emit(wishes, event, args);
        return this;
      },
      emitWithAck: (event, ...args) => this.#ask(wishes, event, args),
      timeout: (ms) => further({ timeout: limit(ms) }),
      get volatile() {
        return further({ volatile: true });
      },
    };
  }

  #emit(wishes, event, args) {
    const hear = typeof args.at(-1) === "function" ? args.pop() : undefined;
    // As in socket.io-client: only with a time limit there is a place for the error.
    const [failed, answered] = wishes.timeout > 0 ? [(error) => hear(error), (values) => hear(null, ...values)] : [() => {}, (values) => hear(...values)];
    const answer = hear && { resolve: reporting(answered), reject: reporting(failed) };
    const packet = packed(event, args);
    if (wishes.volatile && this.#closed) return;
    this.#need();
    // The caller is told of what is wrong at once, and of what turns out later by a warning.
    this.#send(wishes, event, args, packet, answer, (error) => {
      answer?.reject(error);
      this.#member.handle("warning", [notSent(error)]);
    });
  }

  /** The promise is for the first value. */
  async #ask(wishes, event, args) {
    const packet = packed(event, args);
    this.#need();
    const [first] = await new Promise((resolve, reject) => this.#send(wishes, event, args, packet, { resolve, reject }, reject));
    return first;
  }

  /** Throws what is wrong, or calls `fail` if that is found out later. */
  #send({ volatile, timeout }, event, args, packet, answer, fail) {
    const sent = this.#anyOutgoing.handlers.length > 0 ? { event, args } : undefined;
    const heard = answer && {
      ...answer,
      reject: (error) => {
        this.#unsent.delete(sent);
        answer.reject(error);
      },
    };
    const send = (json, attachments) => {
      this.#need();
      try {
        this.#link.emit(this.#member, json, attachments, timeout, volatile, heard);
      } catch (error) {
        // It may be dropped for all but what is wrong with the call itself. A size does not mend itself.
        if (!volatile || error.code === "INVALID_ARGUMENT") throw error;
        answer?.reject(error);
        if (error.code === "PAYLOAD_TOO_LARGE") queueMicrotask(() => this.#member.handle("warning", [notSent(error)]));
        return;
      }
      if (!sent) return;
      this.#unsent.add(sent);
      if (this.connected) this.#sent();
    };
    this.#outbox.put(packet, send, fail);
  }

  /** What has waited leaves with the connection. */
  #sent() {
    const sent = [...this.#unsent];
    this.#unsent.clear();
    for (const { event, args } of sent) this.#anyOutgoing.call(event, ...args);
  }

  on(event, handler) {
    return this.#add(this.#of(event), event, handler, false);
  }

  once(event, handler) {
    return this.#add(this.#of(event), event, handler, true);
  }

  off(event, handler) {
    this.#of(event).remove(event, handler);
  }

  /** Events of the server, also those that are called as the client's own. */
  get server() {
    return {
      on: (event, handler) => this.#add(this.#heard, event, handler, false),
      once: (event, handler) => this.#add(this.#heard, event, handler, true),
      off: (event, handler) => this.#heard.remove(event, handler),
    };
  }

  onReconnect(handler) {
    return this.on("reconnect", handler);
  }

  #of(event) {
    return OWN_EVENTS.has(event) ? this.#handlers : this.#heard;
  }

  #add(handlers, ...added) {
    // A closed client has nothing to tell any more; adding a handler to it is harmless.
    return this.#closed ? () => {} : handlers.add(...added);
  }

  onAny(handler) {
    return this.#add(this.#any, handler, false);
  }

  prependAny(handler) {
    return this.#add(this.#any, handler, true);
  }

  offAny(handler) {
    this.#any.remove(handler);
  }

  onAnyOutgoing(handler) {
    return this.#add(this.#anyOutgoing, handler, false);
  }

  prependAnyOutgoing(handler) {
    return this.#add(this.#anyOutgoing, handler, true);
  }

  offAnyOutgoing(handler) {
    this.#anyOutgoing.remove(handler);
  }

  // --- The connection ------------------------------------------------------------------------------------------------

  get state() {
    return this.#closed ?? this.#between ?? this.#link.state;
  }

  /** As in socket.io-client: a new one with each connection, and none without one. */
  get id() {
    return this.connected ? this.#link.id : undefined;
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
    return this;
  }

  /** As in socket.io-client: ends the connection until `connect`. What the page follows and listens to stays. */
  disconnect() {
    if (this.#closed || this.#link.paused) return this;
    const { connected } = this;
    const reason = new ResearchSocketError("ABORTED", "The page has disconnected this client: connect() goes on.");
    const before = this.#link;
    const next = before.pause(this.#member, reason);
    if (next !== before) this.#change(next, reason);
    this.#member.handle("state", [this.state]);
    if (connected) this.#member.handle("disconnect", [BY_PAGE, reason]);
    return this;
  }

  close() {
    this.#close(new ResearchSocketError("CLOSED", "The client was closed by the page."));
  }

  #close(reason) {
    if (this.#closed) return;
    const { connected } = this;
    // First this: whatever a handler does from here on meets a closed client.
    this.#closed = Object.freeze({ name: "closed", reason });
    this.#own.signal?.removeEventListener("abort", this.#aborted);
    this.#member.handle("state", [this.#closed]);
    if (connected) this.#member.handle("disconnect", [reason.code === "INTERNAL" ? "transport error" : BY_PAGE, reason]);
    // Each on its own: a module that fails here must not keep the rest from being let go of. The connection first: if it
    // closes now, its goodbye says all, and no research needs one of its own.
    attempt(() => this.#link.leave(this.#member, reason));
    for (const id of [...this.#researches.keys()]) attempt(() => this.#leave(id, reason));
    for (const handlers of [this.#handlers, this.#heard, this.#any, this.#anyOutgoing]) attempt(() => handlers.clear());
  }

  /** It goes on over another connection, with all that it has; for the page that is a reconnection. */
  #move(link, reason) {
    const { name } = this.#link.state;
    this.#change(link, reason);
    this.#between = Object.freeze({ name: "reconnecting", reason });
    this.#member.handle("state", [this.#between]);
    if (name === "connected") this.#member.handle("disconnect", ["transport close", reason]);
    this.#between = undefined;
    if (this.#closed || this.#link !== link) return;
    if (link.state.name !== "reconnecting") this.#member.handle("state", [link.state]);
    link.welcome(this.#member);
  }

  #change(link, reason) {
    const before = this.#link;
    this.#link = link;
    link.join(this.#member);
    const events = this.#heard.events;
    if (this.#any.handlers.length > 0) events.push(EVERY_EVENT);
    for (const event of events) attempt(() => link.listen(event, true, this.#member));
    for (const { move } of this.#researches.values()) attempt(() => move(before));
    for (const event of events) attempt(() => before.listen(event, false, this.#member));
    attempt(() => before.leave(this.#member, reason));
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

function limit(ms) {
  if (typeof ms !== "number") throw new TypeError("The time-out must be a number of milliseconds.");
  if (!(ms > 0 && ms < Infinity)) throw new RangeError("The time-out must be above 0 and finite, in milliseconds.");
  return ms;
}

/** What a function of the page throws is shown, and stops nothing. */
function reporting(call) {
  return (given) => {
    try {
      call(given);
    } catch (error) {
      report(error);
    }
  };
}

function packed(event, args) {
  if (typeof event !== "string" || event === "") throw new TypeError("The name of an event must be a string that is not empty.");
  return pack([event, ...args]);
}

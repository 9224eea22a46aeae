// One connection of the module and the clients that share it: passes events out and calls in, decides nothing.

import { Journal } from "../core/journal.js";
import { answerOf, within } from "./credentials.js";
import { ResearchSocketError, notSent, report, toError } from "./error.js";
import { Job } from "./job.js";
import { Linger } from "./linger.js";
import { isBlob, pack, read } from "./wire.js";

/** How much a trap takes along at most of what only the module counts, in milliseconds. */
const NOTED_EVERY_MS = 1000;

/** After so many lines of a log the clock is looked at again. */
const LINES_BETWEEN_LOOKS = 16;

/** How long the others may take to say in whose name they are after the first has, in milliseconds. */
const STRAGGLERS_MS = 1000;

/** The names under which the server sends what a research does. */
const ABOUT_RESEARCH = /^(?:research_)?progress_([^]*)$/;

/** Nobody wants to know. */
const NO_ACK = -1;

/** After how long without an answer of the server, in milliseconds, whoever waits for it gets another connection. */
const UNVERIFIED_MS = 5000;

const IS_ANOTHERS =
  "The connection that this client shared may be another person's: it goes on over another one, as after a reconnection.";

/**
 * The module calls `dispatch(kind, id, value, extra)`:
 *
 * | kind | id | value | extra |
 * | --- | --- | --- | --- |
 * | `state` | | `{ name, reason?: { code, message }, attempt?, delay? }`, always before the event that belongs to it | |
 * | `connect` | | `{ id }` | |
 * | `renewed` | | the id of a session that took the place of one without a word to the page | |
 * | `disconnect` | | `{ reason, error: { code, message } }` | |
 * | `connect_error`, `reconnect_failed` | | `{ code, message, … }` | |
 * | `warning` | | `{ code, message, research?, excerpt? }` | |
 * | `reconnect_attempt`, `reconnect` | | number of the attempt | |
 * | `search_engine_selected` | | payload | |
 * | `event` | name | arguments | id to acknowledge with, or undefined |
 * | `ack` | number of the emit | arguments | |
 * | `ack_error` | number of the emit | `{ code, message }` | |
 * | `cancel` | number of the request | `{ ok: true }` or `{ code, message }` | |
 * | `credentials` | number to answer with | whether it is for a retry over a live connection, and no handshake | |
 * | `internal` | | `{ message }`: the module is about to trap, do not call it again | |
 * | `verified` | id of a research | whether the server shows it to whoever is signed in now, after `verify` | |
 * | `log` | id of a research | lines, of which one is told of | the place of that |
 * | any other | id of a research | what the event of that name carries | |
 */
export class Link {
  /** The state that the page was told of last. */
  state;
  /** The options it was made with, but for credentials, to compare later ones with. */
  options;
  /** What those have in common who may share it. */
  key;
  /** Whether it is its first client's alone. */
  exclusive;
  /** Whether it uses another tab's connection now, which may have been opened in another person's name. */
  #follows = false;
  #module;
  /** What its credentials come to, as text: those of each handshake so far, or of the one to come. */
  #identity;
  /** Nobody joins it any more: it may be another person's. */
  #sealed = false;
  /** What the first handshake carries, if that is known. */
  #first;
  /** The number of the last question for credentials. */
  #asked;
  /** The moment of the last handshake. */
  #opened = Infinity;
  /** The id of the session, while it is live. */
  #sid;
  /** The state of a connection whose id is about to be told. */
  #coming;
  /** What the module gets. */
  #given;
  /** It connects only when it is told to. */
  #paused;
  /** None from a trap until a fresh instance has taken over. */
  #connection;
  #host;
  #open = true;
  /** Whether it was ever live. */
  #lived = false;
  /** The attempts that a fresh instance has made, until it is live for the first time. */
  #attempts;
  /** Counts of instances that are gone, and the last known ones of this. */
  #before = {};
  #stats = {};
  #journal;
  /** Of the instance before this one, which ends with what it trapped on. */
  #earlier;
  /** When it was last noted what a trap would take along. */
  #noted = performance.now();
  /** How many lines were told of. */
  #lines = 0;
  #members = new Set();
  /** Clients that were connected before over another connection. */
  #returning = new WeakSet();
  #jobs = new Map();
  /** event of the server → how many clients have handlers for it */
  #wanted = new Map();
  #acks = new Map();
  /** What was emitted since there is no connection: number of the emit → what it was, for an instance that comes after `pause`. */
  #early = new Map();
  /** How often this instance has told of a connection. */
  #connects = 0;
  #cancels = new Map();
  /** The ids of researches that nobody follows any more, and the connection itself when nobody has it. */
  #linger = new Linger();
  /** The tabs that share it, as long as this one does. */
  #group;
  /** What the first handshake takes over, if it is made. */
  #prelude;
  /** Ends with it. */
  #life = new AbortController();

  /**
   * @param {{ answer?: object, identity?: string, reason?: Error }} [more] `answer`: what the credentials have just come to;
   *   `reason`: why a client comes from another connection; `paused`: that it does not connect by itself, and why; `prelude`: what
   *   was made ready for it; `alone`: that it is not shared with other tabs
   */
  constructor(module, { key, group, connection, shared, own }, { answer, identity = answer?.key, reason, paused, prelude, alone } = {}) {
    this.#module = module;
    this.key = key;
    this.exclusive = own.forceNew;
    this.#given = connection;
    this.#group = alone ? undefined : group;
    this.options = { ...connection, ...shared };
    this.#first = answer;
    this.#identity = identity;
    this.#paused = paused !== undefined;
    this.#prelude = prelude;
    this.#create();
    if (paused) this.state = stopped(paused);
    else this.state = Object.freeze(reason ? { name: "reconnecting", reason } : { name: "connecting" });
    module.links.add(this);
    try {
      this.#call("open", !paused);
    } catch (error) {
      this.shut();
      throw error;
    }
  }

  #create() {
    this.#earlier = this.#journal;
    const journal = (this.#journal = new Journal());
    this.#host = this.#module.host((text, bytes) => journal.add(text, bytes), this.#prelude);
    const { Connection } = this.#module;
    this.#connects = 0;
    let own;
    // One that was paused may still have something to say. That the module traps is for all.
    const dispatch = (kind, id, value, extra) => {
      if (kind === "internal" || own === this.#connection) this.#dispatch(kind, id, value, extra);
    };
    const given = this.#group === undefined ? this.#given : { ...this.#given, group: this.#group };
    own = this.#connection = this.#module.guard(() => new Connection(given, dispatch, this.#host));
  }

  // --- Clients -------------------------------------------------------------------------------------------------------

  join(member) {
    this.#linger.keep(this);
    this.#members.add(member);
  }

  /** The connection closes with the last client; a moment later if another one may have it. */
  leave(member, error) {
    this.#members.delete(member);
    this.#reject(error, (owner) => owner === member);
    if (this.#members.size > 0 || !this.#open) return;
    if (this.exclusive || this.#sealed || this.#paused) this.shut();
    else this.#linger.begin(this, () => this.shut());
  }

  /** Whether it connects only when it is told to. */
  get paused() {
    return this.#paused;
  }

  /** The id of the session, while it is live. */
  get id() {
    return this.#sid;
  }

  /**
   * Ends the session for this client, and keeps all else until `connect`: its researches, and what it listens to. Where others
   * have the connection too, the client goes on over the one that this returns.
   */
  pause(member, reason) {
    if (this.#members.size > 1) return new Link(this.#module, member.settings, { paused: reason });
    this.#paused = true;
    this.#sid = undefined;
    this.state = stopped(reason);
    this.#before = this.#counts();
    // Of a connection that the page does not know of yet, all has left.
    if (this.#stats.connects > this.#connects) this.#early.clear();
    for (const number of this.#early.keys()) this.#acks.delete(number);
    this.#reject(reason, () => true);
    this.#stats = {};
    if (!this.#connection) return this;
    const ended = this.#connection;
    const free = this.#freeing();
    this.#prelude?.end();
    this.#create();
    this.#module.guard(() => ended.close());
    free();
    this.#brief();
    const early = [...this.#early.values()];
    this.#early.clear();
    for (const emit of early) this.#again(emit);
    return this;
  }

  /** Whether it has no client any more. */
  get idle() {
    return this.#members.size === 0;
  }

  /** Whether it is in the name of whoever gave this answer. In doubt it is not. */
  isOf(answer) {
    // Cookies can have changed since it was opened, and without a status there is nothing to ask that would tell.
    const isBlind = this.options.fallback === false && this.#opened !== Infinity;
    return !this.#sealed && !this.#paused && !isBlind && answer?.key !== undefined && answer.key === this.#identity;
  }

  /** Whether it was opened before this client came, or by another tab: cookies, which no page sees, may be another person's since. */
  #isOlderThan(member) {
    return this.#follows || this.#opened < member.since;
  }

  /** A client that comes from another connection hears that it is connected, if it is. */
  welcome(member) {
    if (this.state.name === "connected") {
      member.handle("reconnect", [0]);
      member.handle("connect", [{ id: this.#sid }]);
    } else if (!this.#lived) {
      this.#returning.add(member);
    }
  }

  /** What one of its clients knows of a research. */
  heard(id, member) {
    const job = this.#jobs.get(id);
    return job?.has(member) && !job.isAwaited(member) ? job : undefined;
  }

  /** The server refuses something to whoever is signed in now: who came after the handshake has another connection from now on. */
  #refused(id) {
    const isToMove = (member) => {
      const job = this.#jobs.get(id);
      return job?.isAwaited(member) || (this.#isOlderThan(member) && (id === undefined || job?.has(member)));
    };
    for (const member of [...this.#members].filter(isToMove)) {
      this.#sealed ||= this.#isOlderThan(member);
      this.#move(member, member.answer?.key);
    }
  }

  /** A connection for this client that is as good as a new one, else a new one. */
  #move(member, identity, answer) {
    if (!this.#members.has(member)) return;
    const reason = new ResearchSocketError("DISCONNECTED", IS_ANOTHERS);
    const { settings } = member;
    const isFit = (link) =>
      link !== this &&
      link.key === this.key &&
      !link.exclusive &&
      link.options.withCredentials === this.options.withCredentials &&
      link.isOf({ key: identity }) &&
      link.#suits(member, this.#jobs);
    try {
      member.move([...this.#module.links].find(isFit) ?? new Link(this.#module, settings, { answer, identity, reason, alone: true }), reason);
    } catch (error) {
      // It could not be opened.
      member.fail(toError(error));
    }
  }

  /** Whether a client would find here what it knows of its researches, and nothing that is not for it. */
  #suits(member, jobs) {
    return (
      !this.#isOlderThan(member) &&
      [...jobs].every(([id, job]) => {
        const own = this.#jobs.get(id);
        if (!own || !job.has(member)) return true;
        return job.isAwaited(member) ? own.since >= member.since : own.isCopyOf(job);
      })
    );
  }

  #reject(error, whose) {
    for (const waiting of [this.#acks, this.#cancels]) {
      for (const [number, { member, reject }] of waiting) {
        if (!whose(member)) continue;
        waiting.delete(number);
        reject(error);
      }
    }
  }

  // --- When the module traps -----------------------------------------------------------------------------------------

  /** The instance is gone, with all that it waited for. Nothing of the page runs before {@link resume}. */
  suspend(error) {
    this.#connection = undefined;
    this.#sid = undefined;
    this.#host.end();
    this.#early.clear();
    this.#reject(error, () => true);
    for (const member of this.#members) member.lose();
  }

  /** A fresh instance takes over, and is told all that the old one was. */
  restore() {
    if (this.idle) return this.shut();
    this.#before = this.#counts();
    this.#stats = {};
    this.#create();
    this.#brief();
  }

  #brief() {
    this.#call("open", !this.#paused);
    for (const event of this.#wanted.keys()) this.#call("listen", event, true);
    for (const job of this.#jobs.values()) {
      if (!job.end || job.isAwaited()) this.#follow(job);
      if (job.isAwaited()) this.#call("verify", job.id);
    }
  }

  /** The page hears what has happened. */
  resume(error) {
    const { name } = this.state;
    const warning = Object.freeze({ code: error.code, message: error.message, cause: error.cause });
    if (this.#paused) return this.#tell("warning", warning);
    if (this.#lived) this.#attempts = 0;
    this.#sid = undefined;
    this.state = Object.freeze({ name: this.#lived ? "reconnecting" : "connecting", reason: error });
    this.#tell("state", this.state);
    if (name === "connected") this.#tell("disconnect", "transport error", error);
    this.#tell("warning", warning);
  }

  /** The module cannot go on: every client hears of it once. */
  fail(error) {
    // First this, so that nothing that a handler does reaches the module any more.
    this.#open = false;
    this.#forget();
    for (const member of [...this.#members]) member.fail(error);
  }

  shut() {
    if (!this.#open) return;
    // What is known stays readable.
    for (const job of this.#jobs.values()) void job.state;
    // First this, so that what the module tells while it closes reaches nobody.
    this.#open = false;
    this.#forget();
    if (!this.#connection) return;
    try {
      this.#module.guard(() => {
        this.#stats = this.#connection.stats();
        this.#connection.close();
      });
    } catch (error) {
      // This client is closed all the same, and the others hear of a trap.
      if (error.code !== "INTERNAL") report(error);
    }
    this.#freeing()();
  }

  #forget() {
    this.#prelude?.end();
    this.#linger.end();
    this.#life.abort();
    this.#module.links.delete(this);
  }

  /** Frees the module's object, a moment after what this returns is called. */
  #freeing() {
    const connection = this.#connection;
    const host = this.#host;
    // Not now: this may run inside of a call from the module, which must not lose the object under its feet. And not if
    // its instance is gone: the object's number means something else to the next one.
    return () => queueMicrotask(host.guard(() => connection.free()));
  }

  // --- Calls into the module -----------------------------------------------------------------------------------------

  /** Whether there is an instance to call. */
  get #works() {
    return this.#open && this.#connection !== undefined;
  }

  #call(method, ...args) {
    if (!this.#open) throw new ResearchSocketError("CLOSED", "The connection is closed: call connect() for a new one.");
    return this.#module.guard(() => this.#connection[method](...args));
  }

  /**
   * Returns what the view may know of the research; the module subscribes when the first view comes, and unsubscribes a moment
   * after the last one has gone.
   * @param {string} id
   * @param {string | number} given the id of the type that the page gave, which the server may tell apart
   * @param {object} view
   * @param {Job} [heard] what it knows from another connection
   */
  subscribe(id, given, view, heard) {
    const { maxLogs } = this.options;
    let job = this.#jobs.get(id);
    this.#linger.keep(id);
    if (!job) {
      const read = (method) => this.#read(method, id);
      job = heard ? heard.copy(given, maxLogs, read) : new Job(id, given, maxLogs, read, this.#module.moment);
      if (this.#connection && !job.end) this.#follow(job);
      this.#jobs.set(id, job);
    }
    const { member } = view;
    if (heard || (!this.#isOlderThan(member) && job.since >= member.since)) {
      job.join(view);
      return job;
    }
    // It was known before this client came, or is told over a session from before: first the server has to show it today.
    const giveUp = () => {
      if (this.state.name === "connected") this.#move(member, member.answer?.key);
      // The next handshake is as good as that of another connection.
      else job.wait(view, giveUp);
    };
    job.wait(view, giveUp);
    if (this.state.name === "connected") job.limitWait(UNVERIFIED_MS);
    if (this.#works) this.#call("verify", id);
    return new Job(id, given, maxLogs);
  }

  #follow(job) {
    this.#call("subscribe", job.given);
    const heard = job.handOver();
    if (heard) this.#call("recall", job.id, heard.facts, heard.lines, heard.complete);
  }

  unsubscribe(id, view) {
    const job = this.#jobs.get(id);
    if (!job || job.leave(view) || !this.#open) return;
    this.#linger.begin(id, () => {
      this.#jobs.delete(id);
      if (this.#works) this.#call("unsubscribe", id);
    });
  }

  /** Nothing when the module cannot be asked any more: a state can always be read, then it is the last one. */
  #read(method, id) {
    try {
      return this.#works ? this.#call(method, id) : undefined;
    } catch {
      return undefined;
    }
  }

  listen(event, wanted, member) {
    if (wanted && !ABOUT_RESEARCH.test(event)) this.#leaveTabs(member);
    const before = this.#wanted.get(event) ?? 0;
    const now = before + (wanted ? 1 : -1);
    if (this.#works && (before === 0) !== (now === 0)) this.#call("listen", event, wanted);
    if (now > 0) this.#wanted.set(event, now);
    else this.#wanted.delete(event);
  }

  /** @param {{ resolve: (values: unknown[]) => void, reject: (error: Error) => void }} [answer] wants all values of the server's answer */
  emit(member, json, attachments, timeout, volatile, answer) {
    this.#leaveTabs(member);
    this.#keep({ member, json, attachments, timeout, answer, at: performance.now() }, volatile);
  }

  /**
   * What is not about a research is that person's who was signed in when the connection was opened, maybe by another tab: nothing
   * would show that somebody else is by now. So only who asks for it shares that.
   */
  #leaveTabs(member) {
    if (this.#group === undefined || member.settings.own.share !== undefined) return;
    this.#group = undefined;
    this.#host.leaveTabs();
  }

  #keep(emit, volatile, timeout = emit.timeout) {
    const { member, json, attachments, answer } = emit;
    const number = this.#call("emit", json, attachments, answer ? timeout : NO_ACK, volatile);
    if (answer) this.#acks.set(number, { ...answer, member });
    // Whatever the page does to its buffers meanwhile.
    if (this.#sid === undefined) this.#early.set(number, { ...emit, attachments: attachments.map((part) => part.slice()) });
  }

  /** It had its place before, so there is no reason to refuse it now but a trap, of which all hear. */
  #again(emit) {
    const { timeout, at } = emit;
    try {
      this.#keep(emit, false, timeout > 0 ? Math.max(1, timeout - (performance.now() - at)) : timeout);
    } catch (error) {
      emit.answer?.reject(error);
    }
  }

  cancel(member, id, csrfToken) {
    return expect(this.#cancels, this.#call("cancel", id, csrfToken), member);
  }

  refresh(id) {
    this.#ask("refresh", id);
  }

  connect() {
    if (!this.#paused) return this.#ask("connect");
    this.#paused = false;
    this.state = Object.freeze({ name: "connecting" });
    this.#ask("connect");
    this.#tell("state", this.state);
  }

  /** What a fresh instance does anyway needs no asking until it has taken over. */
  #ask(method, ...args) {
    if (this.#works || !this.#open) this.#call(method, ...args);
  }

  stats() {
    return { runtime: this.#module.runtime, role: this.#role(), ...this.#counts() };
  }

  /** What this tab is to those that share the connection. */
  #role() {
    return this.#works && this.#group !== undefined ? this.#call("role") : "alone";
  }

  #counts() {
    if (this.#works) this.#stats = this.#call("stats");
    return sum(this.#before, this.#stats);
  }

  trace() {
    const journals = [this.#earlier, this.#journal].filter(Boolean);
    return this.#module.mask(journals.map(String).join("\n"));
  }

  // --- Events of the module ------------------------------------------------------------------------------------------

  /** Never throws: an error here would run through the module. */
  #dispatch(kind, id, value, extra) {
    // The module tells whoever came last, even if that connection is closed by now.
    if (kind === "internal") return void this.#module.fail(value);
    if (!this.#works) return;
    try {
      this.#handle(kind, id, value, extra);
    } catch (error) {
      report(error);
    }
  }

  #handle(kind, id, value, extra) {
    switch (kind) {
      case "log":
        this.#jobs.get(id)?.log(extra === undefined ? value : value[extra]);
        // To look at the clock would be much of what a line costs.
        if (++this.#lines % LINES_BETWEEN_LOOKS === 0) this.#note();
        return;
      case "state":
        // Between two events others have their turn: nobody finds a page connected that has no id.
        this.#coming = value.name === "connected" && this.#sid === undefined ? value : undefined;
        return this.#coming || this.#changed(value);
      case "connect":
        return this.#connected(value);
      case "renewed":
        this.#sid = value;
        return;
      case "reconnect_attempt":
        if (this.#attempts !== undefined) this.#attempts = value;
        return this.#tell(kind, value);
      case "reconnect":
        return this.#reconnected(value);
      case "search_engine_selected":
        return this.#tell(kind, value);
      case "warning":
        if (value.code === "unauthorized") this.#refused(value.research ?? undefined);
        return this.#warn(value, this.#jobs.get(value.research));
      case "verified":
        return value ? this.#jobs.get(id)?.admit() : this.#refused(id);
      case "disconnect":
        this.#sid = undefined;
        return this.#tell(kind, value.reason, toError(value.error));
      case "connect_error":
      case "reconnect_failed":
        return this.#tell(kind, toError(value));
      case "event":
        return this.#deliver(id, extra === undefined ? value : [...value, this.#acknowledge(extra)]);
      case "ack":
        return settle(this.#acks, id, ({ resolve }) => resolve(value));
      case "ack_error":
        this.#early.delete(id);
        if (value.code === "PAYLOAD_TOO_LARGE" && !this.#acks.has(id)) return this.#tell("warning", notSent(value));
        return settle(this.#acks, id, ({ reject }) => reject(toError(value)));
      case "cancel":
        return settle(this.#cancels, id, ({ resolve, reject }) => (value.ok ? resolve() : reject(toError(value))));
      case "credentials":
        return void this.#answer(id, value);
      default:
        if (kind === "failure" && value.code === "UNAUTHORIZED") this.#refused(id);
        this.#jobs.get(id)?.handle(kind, value);
        return this.#note();
    }
  }

  /** What is wrong with a research shows something of it. */
  #warn(warning, job) {
    for (const member of [...this.#members]) {
      const isHidden = job && (job.isAwaited(member) || (this.#isOlderThan(member) && !job.has(member)));
      if (!isHidden) member.handle("warning", [warning]);
    }
  }

  #connected(value) {
    const attempts = this.#attempts;
    this.#attempts = undefined;
    this.#lived = true;
    this.#connects += 1;
    this.#early.clear();
    this.#sid = value.id;
    this.#follows = this.#role() === "follower";
    if (this.#follows) for (const id of this.#jobs.keys()) this.#call("verify", id);
    if (this.#coming) this.#changed(this.#coming);
    this.#coming = undefined;
    // For a fresh instance it is the first time, and for a client that comes from another connection.
    for (const member of [...this.#members]) {
      if (this.#returning.delete(member) || attempts !== undefined) member.handle("reconnect", [attempts ?? 0]);
    }
    this.#tell("connect", value);
  }

  #reconnected(attempt) {
    // Behind the state, with `connect`; by a fresh instance after a trap never twice.
    if (this.#coming) this.#attempts ??= attempt;
    if (this.#attempts !== undefined) return;
    for (const member of this.#members) this.#returning.delete(member);
    this.#tell("reconnect", attempt);
  }

  /** Asks now and then for what only the module knows, so that a trap takes little of it along. */
  #note() {
    const now = performance.now();
    if (!this.#works || now - this.#noted < NOTED_EVERY_MS) return;
    this.#noted = now;
    this.#counts();
    for (const job of this.#jobs.values()) job.note();
  }

  #tell(event, ...args) {
    // A client that a handler closes meanwhile has no handlers any more.
    for (const member of [...this.#members]) member.handle(event, args);
  }

  /** Who came later hears of a research as the server wrote it only once the server has shown it to whoever is signed in now. */
  #deliver(event, args) {
    const id = ABOUT_RESEARCH.exec(event)?.[1];
    for (const member of [...this.#members]) {
      if (id === undefined || !this.#isOlderThan(member) || this.heard(id, member)) member.hear(event, args);
    }
  }

  #changed({ reason, ...state }) {
    // First this: for who leaves it the connection is lost, whatever becomes of it.
    if (reason?.code === "UNAUTHORIZED") this.#refused();
    this.state = Object.freeze(reason ? { ...state, reason: toError(reason) } : state);
    if (state.name === "connected") for (const job of this.#jobs.values()) job.limitWait(UNVERIFIED_MS);
    if (state.name !== "closed") return this.#tell("state", this.state);
    // The module has closed by itself, which it does when it cannot go on.
    this.fail(this.state.reason ?? new ResearchSocketError("CLOSED", "The connection was closed."));
    this.#freeing()();
  }

  /** The function that a handler calls to acknowledge, as in socket.io-client. Only its first call counts. */
  #acknowledge(id) {
    const connection = this.#connection;
    let done = false;
    return (...args) => {
      if (done || !this.#works || connection !== this.#connection) return;
      const [json, attachments] = pack(args);
      const send = (bytes) => this.#works && connection === this.#connection && this.#call("acknowledge", id, json, bytes);
      if (attachments.some(isBlob)) read(attachments).then(send).catch((error) => this.#tell("warning", notSent(error)));
      else send(attachments);
      done = true;
    };
  }

  /** The handshake is in the name of the client that has been here longest; who is another has another connection from now on. */
  async #answer(id, isLive) {
    const connection = this.#connection;
    const first = this.#first;
    this.#first = undefined;
    this.#asked = id;
    if (!first) await this.#askMembers();
    // The page may have closed the client meanwhile, and the module may have trapped, or have asked anew.
    if (!this.#works || connection !== this.#connection || id !== this.#asked) return;
    const members = [...this.#members];
    // Nobody knows in whose name, and nobody misses it.
    if (!first && this.idle) return this.shut();
    const answer = first ?? (members.find((member) => member.answer?.given) ?? members[0]).answer;
    try {
      if (!answer?.given) return this.#call("refuse", id, answer?.words ?? "");
      this.#call("provide", id, answer.given);
    } catch (error) {
      return report(error);
    }
    // What is known from before may be another person's.
    this.#sealed ||= this.#opened !== Infinity && answer.key !== this.#identity;
    this.#identity = answer.key;
    if (!isLive) this.#opened = this.#module.moment;
    if (first) return;
    for (const member of members) {
      if (member.answer?.key !== answer.key) this.#move(member, member.answer?.key, member.answer);
    }
  }

  /** All at once, and the same functions once. Who takes longer than the others has no answer. */
  async #askMembers() {
    const groups = [];
    for (const member of this.#members) {
      const { credentials } = member.settings;
      const same = groups.find(({ given }) => Object.keys(given).every((name) => given[name] === credentials[name]));
      if (same) same.members.push(member);
      else groups.push({ given: credentials, members: [member], answer: undefined });
    }
    const asked = groups.map(async (group) => {
      group.answer = await answerOf(group.given, this.options.timeout, this.#life.signal);
      if (!group.answer.given) throw group.answer;
    });
    await Promise.any(asked).catch(() => {});
    if (groups.length > 1) await within(STRAGGLERS_MS, Promise.allSettled(asked)).catch(() => {});
    for (const { members, answer } of groups) for (const member of members) member.answer = answer;
  }
}

function sum(before, counts) {
  const all = { ...before };
  for (const [name, count] of Object.entries(counts)) all[name] = (all[name] ?? 0) + count;
  return all;
}

/** Paused, or not begun. */
function stopped(reason) {
  return Object.freeze({ name: "stopped", reason });
}

function expect(waiting, number, member) {
  return new Promise((resolve, reject) => waiting.set(number, { resolve, reject, member }));
}

function settle(waiting, number, act) {
  const entry = waiting.get(number);
  waiting.delete(number);
  if (entry) act(entry);
}

// One connection of the module and the clients that share it: passes events out and calls in, decides nothing.

import { credentials } from "./credentials.js";
import { ResearchSocketError, report, toError } from "./error.js";
import { Job } from "./job.js";
import { pack } from "./wire.js";

/**
 * The module calls `dispatch(kind, id, value, extra)`:
 *
 * | kind | id | value | extra |
 * | --- | --- | --- | --- |
 * | `state` | | `{ name, reason?: { code, message }, attempt?, delay? }`, always before the event that belongs to it | |
 * | `connect` | | `{ id }` | |
 * | `disconnect` | | `{ reason, error: { code, message } }` | |
 * | `connect_error`, `reconnect_failed` | | `{ code, message, … }` | |
 * | `warning` | | `{ code, message, research?, excerpt? }` | |
 * | `reconnect_attempt`, `reconnect` | | number of the attempt | |
 * | `search_engine_selected` | | payload | |
 * | `event` | name | arguments | id to acknowledge with, or undefined |
 * | `ack` | number of the emit | arguments | |
 * | `ack_error` | number of the emit | `{ code, message }` | |
 * | `cancel` | number of the request | `{ ok: true }` or `{ code, message }` | |
 * | `credentials` | number to answer with | | |
 * | `internal` | | `{ message }`: the module is about to trap, do not call it again | |
 * | any other | id of a research | what the event of that name carries | |
 */
export class Link {
  /** The state that the page was told of last. */
  state;
  /** The options it was made with, to compare later ones with. */
  options;
  #module;
  #key;
  #shared;
  #connection;
  #open = true;
  #stats;
  #members = new Set();
  #jobs = new Map();
  /** event of the server → how many clients have handlers for it */
  #wanted = new Map();
  #acks = new Map();
  #cancels = new Map();

  constructor(module, { key, connection, shared }) {
    this.#module = module;
    this.#key = key;
    this.#shared = shared;
    this.options = { ...connection, ...shared };
    this.#connection = module.guard(() => new module.Connection(connection, (...event) => this.#dispatch(...event)));
    this.state = Object.freeze({ name: "connecting" });
    module.links.set(key, this);
    try {
      this.#call("open");
    } catch (error) {
      this.#shut();
      throw error;
    }
  }

  // --- Clients -------------------------------------------------------------------------------------------------------

  join(member) {
    this.#members.add(member);
  }

  /** The connection closes with the last client. */
  leave(member, error) {
    this.#members.delete(member);
    for (const waiting of [this.#acks, this.#cancels]) {
      for (const [number, { member: owner, reject }] of waiting) {
        if (owner !== member) continue;
        waiting.delete(number);
        reject(error);
      }
    }
    if (this.#members.size === 0) this.#shut();
  }

  /** The module cannot go on: every client hears of it once. */
  fail(error) {
    // First this, so that nothing that a handler does reaches the module any more.
    this.#open = false;
    this.#forget();
    for (const member of [...this.#members]) member.fail(error);
  }

  #shut() {
    if (!this.#open) return;
    // What is known stays readable.
    for (const job of this.#jobs.values()) void job.state;
    // First this, so that what the module tells while it closes reaches nobody.
    this.#open = false;
    this.#forget();
    try {
      this.#module.guard(() => {
        this.#stats = this.#connection.stats();
        this.#connection.close();
      });
    } catch (error) {
      // Of a trap the page has heard.
      if (error.code !== "INTERNAL") report(error);
    }
    this.#free();
  }

  #forget() {
    if (this.#module.links.get(this.#key) === this) this.#module.links.delete(this.#key);
  }

  #free() {
    const connection = this.#connection;
    // Not now: this may run inside of a call from the module, which must not lose the object under its feet.
    queueMicrotask(() => {
      try {
        this.#module.guard(() => connection.free());
      } catch {
        // A module that has failed is left alone.
      }
    });
  }

  // --- Calls into the module -----------------------------------------------------------------------------------------

  #call(method, ...args) {
    if (!this.#open) throw new ResearchSocketError("CLOSED", "The connection is closed: call connect() for a new one.");
    return this.#module.guard(() => this.#connection[method](...args));
  }

  /**
   * Returns what is known of the research; the module subscribes when the first view comes.
   * @param {string} id
   * @param {string | number} given the id of the type that the page gave, which the server may tell apart
   */
  subscribe(id, given, view) {
    let job = this.#jobs.get(id);
    if (!job) {
      this.#call("subscribe", given);
      job = new Job(id, this.#shared.maxLogs, () => this.#snapshot(id));
      this.#jobs.set(id, job);
    }
    job.join(view);
    return job;
  }

  unsubscribe(id, view) {
    const job = this.#jobs.get(id);
    if (!job || job.leave(view)) return;
    this.#jobs.delete(id);
    if (this.#open) this.#call("unsubscribe", id);
  }

  /** Nothing when the module cannot be asked any more: a state can always be read, then it is the last one. */
  #snapshot(id) {
    try {
      return this.#open ? this.#call("snapshot", id) : undefined;
    } catch {
      return undefined;
    }
  }

  listen(event, wanted) {
    const before = this.#wanted.get(event) ?? 0;
    const now = before + (wanted ? 1 : -1);
    if (this.#open && (before === 0) !== (now === 0)) this.#call("listen", event, wanted);
    if (now > 0) this.#wanted.set(event, now);
    else this.#wanted.delete(event);
  }

  emit(json, attachments, volatile) {
    this.#call("emit", json, attachments, -1, volatile);
  }

  emitWithAck(member, json, attachments, timeout, volatile) {
    return expect(this.#acks, this.#call("emit", json, attachments, timeout, volatile), member);
  }

  cancel(member, id, csrfToken) {
    return expect(this.#cancels, this.#call("cancel", id, csrfToken), member);
  }

  refresh(id) {
    this.#call("refresh", id);
  }

  connect() {
    this.#call("connect");
  }

  stats() {
    if (this.#open) this.#stats = this.#call("stats");
    return { ...this.#stats };
  }

  // --- Events of the module ------------------------------------------------------------------------------------------

  /** Never throws: an error here would run through the module. */
  #dispatch(kind, id, value, extra) {
    // The module tells whoever came last, even if that connection is closed by now.
    if (kind === "internal") return void this.#module.fail(value);
    if (!this.#open) return;
    try {
      this.#handle(kind, id, value, extra);
    } catch (error) {
      report(error);
    }
  }

  #handle(kind, id, value, extra) {
    switch (kind) {
      case "state":
        return this.#changed(value);
      case "connect":
      case "reconnect":
      case "reconnect_attempt":
      case "search_engine_selected":
      case "warning":
        return this.#tell(kind, value);
      case "disconnect":
        return this.#tell(kind, value.reason, toError(value.error));
      case "connect_error":
      case "reconnect_failed":
        return this.#tell(kind, toError(value));
      case "event":
        return extra === undefined ? this.#tell(id, ...value) : this.#tell(id, ...value, this.#acknowledge(extra));
      case "ack":
        // As in socket.io-client: the promise is for the first argument.
        return settle(this.#acks, id, ({ resolve }) => resolve(value[0]));
      case "ack_error":
        return settle(this.#acks, id, ({ reject }) => reject(toError(value)));
      case "cancel":
        return settle(this.#cancels, id, ({ resolve, reject }) => (value.ok ? resolve() : reject(toError(value))));
      case "credentials":
        return void this.#answer(id);
      default:
        return this.#jobs.get(id)?.handle(kind, value);
    }
  }

  #tell(event, ...args) {
    // A client that a handler closes meanwhile has no handlers any more.
    for (const member of [...this.#members]) member.handle(event, args);
  }

  #changed({ reason, ...state }) {
    this.state = Object.freeze(reason ? { ...state, reason: toError(reason) } : state);
    if (state.name !== "closed") return this.#tell("state", this.state);
    // The module has closed by itself, which it does when it cannot go on.
    this.fail(this.state.reason ?? new ResearchSocketError("CLOSED", "The connection was closed."));
    this.#free();
  }

  /** The function that a handler calls to acknowledge, as in socket.io-client. Only its first call counts. */
  #acknowledge(id) {
    let done = false;
    return (...args) => {
      if (done || !this.#open) return;
      const [json, attachments] = pack(args);
      this.#call("acknowledge", id, json, attachments);
      done = true;
    };
  }

  async #answer(id) {
    let answer;
    let refusal;
    try {
      answer = await credentials(this.#shared);
    } catch (error) {
      refusal = `The page's function for the credentials failed: ${error?.message ?? error}`;
    }
    // The page may have closed the client meanwhile.
    if (!this.#open) return;
    try {
      if (answer) this.#call("provide", id, answer);
      else this.#call("refuse", id, refusal);
    } catch (error) {
      report(error);
    }
  }
}

function expect(waiting, number, member) {
  return new Promise((resolve, reject) => waiting.set(number, { resolve, reject, member }));
}

function settle(waiting, number, act) {
  const entry = waiting.get(number);
  waiting.delete(number);
  if (entry) act(entry);
}

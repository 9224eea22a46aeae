// What the page knows of one research: the last state, the log lines kept, the end. Shared by all who subscribed to it.

import { stringify } from "./json.js";
import { Newest } from "./newest.js";
import { NOTHING, timelineOf } from "./course.js";

/** A state has all fields from the beginning: a page can show it before anything has arrived. */
export const UNKNOWN = {
  status: null,
  progress: null,
  message: null,
  currentTask: null,
  phase: null,
  error: null,
  engine: null,
  queuePosition: null,
  refusal: null,
  historyRead: false,
  startedAt: null,
  updatedAt: null,
  estimatedTimeLeft: null,
  source: null,
};

/** Of these a value stays until another one comes. */
const LASTING = ["status", "progress", "message", "currentTask", "phase", "error", "engine", "updatedAt", "source"];

/** Lines above the limit that are cut off together. */
const SLACK = 256;

export class Job {
  /** How it ended, once it did. */
  end;
  /** The moment since which it is known of. */
  since;
  /** The id of the type that the page gave, which the server may tell apart. */
  given;
  #id;
  /** What the page was told of it, as the fields of an update. */
  #facts;
  #maxLogs;
  #read;
  #views = new Set();
  /** Them as they are now, once somebody was told of something. */
  #told;
  /** Who may not see it before the server has shown it to them → `{ giveUp, timer }`. */
  #waiting = new Map();
  /** How often something was heard; and of what it is the copy, after how much. */
  #heard = 0;
  #origin;
  #known = UNKNOWN;
  /** What was known when the instance before this one was gone. */
  #earlier;
  #lines;
  /** Why the server does not show it; what the module tells of it is news, and no part of its snapshot. */
  #refusal = null;
  /** Whether it was told that the stored log was read to its end, by this instance or one before. */
  #historyRead = false;
  /** As it was asked for last: the module's is gone with it. */
  #timeline = NOTHING;
  // Made when asked for, and the same object until something changes: frameworks compare by identity.
  #state;
  #logs;

  /**
   * @param {string} id
   * @param {string | number} given
   * @param {number} maxLogs
   * @param {(method: "snapshot" | "timeline") => any} [read] what the module knows; `undefined` if it cannot be asked
   * @param {number} [since]
   */
  constructor(id, given, maxLogs, read = () => undefined, since = 0) {
    this.#id = id;
    this.given = given;
    this.#maxLogs = maxLogs;
    this.#lines = new Newest(maxLogs, SLACK);
    this.#read = read;
    this.since = since;
  }

  /** The same, as another connection goes on with it. */
  copy(given, maxLogs, read) {
    this.note();
    const copy = new Job(this.#id, given, maxLogs, read, this.since);
    copy.end = this.end;
    copy.#known = this.#known;
    copy.#historyRead = this.#historyRead;
    copy.#facts = this.#facts && { ...this.#facts };
    copy.#lines.take(this.#lines);
    copy.#origin = [this, this.#heard];
    return copy;
  }

  /** Whether it says just what the other one says. */
  isCopyOf(job) {
    return this.#origin?.[0] === job && this.#origin[1] === job.#heard && this.#heard === 0;
  }

  get maxLogs() {
    return this.#maxLogs;
  }

  get state() {
    if (!this.#state) {
      this.note();
      const dropped = this.#lines.dropped + Math.max(0, this.#lines.items.length - this.#maxLogs);
      this.#state = freeze({ ...UNKNOWN, ...this.#known, refusal: this.#refusal, historyRead: this.#historyRead, id: this.#id, logs: this.logs, droppedLogs: dropped });
    }
    return this.#state;
  }

  get id() {
    return this.#id;
  }

  get timeline() {
    const told = this.#read("timeline");
    if (told) this.#timeline = freeze(timelineOf(told, this.end !== undefined));
    return this.#timeline;
  }

  /** Keeps what the module knows. An instance that has started after a trap knows less at first than the one before. */
  note() {
    const read = this.#read("snapshot");
    if (read) this.#known = this.#earlier ? carryOn(this.#earlier, read) : read;
  }

  /**
   * What another instance has to be told so that the page hears nothing twice; undefined if it has heard nothing.
   * @returns {{ facts: string, lines: string, complete: boolean } | undefined}
   */
  handOver() {
    this.#earlier = this.#known;
    // The next instance tells it if it is still so.
    if (this.#refusal) this.handle("refusal", null);
    if (!this.#facts) return undefined;
    const { items, dropped } = this.#lines;
    return { facts: stringify(this.#facts), lines: stringify(items), complete: dropped === 0 };
  }

  get logs() {
    // `slice(-0)` would be everything.
    this.#logs ??= Object.freeze(this.#maxLogs > 0 ? this.#lines.items.slice(-this.#maxLogs) : []);
    return this.#logs;
  }

  join(view) {
    this.#views.add(view);
    this.#told = undefined;
    // Who comes after the end hears of it too, once, and after it had the time to add its handlers.
    if (this.end) queueMicrotask(() => this.#views.has(view) && view.handle("end", this.end));
  }

  /** The view sees nothing of it before `admit`. */
  wait(view, giveUp) {
    this.#waiting.set(view, { giveUp, timer: undefined });
  }

  /** Who waits gives up after so many milliseconds. */
  limitWait(ms) {
    for (const waiting of this.#waiting.values()) waiting.timer ??= setTimeout(waiting.giveUp, ms);
  }

  /** Whether anybody waits, or this client. */
  isAwaited(member) {
    return [...this.#waiting.keys()].some((view) => !member || view.member === member);
  }

  /** Whether a research of this client sees it, or waits to. */
  has(member) {
    return this.isAwaited(member) || [...this.#views].some((view) => view.member === member);
  }

  /** The server shows it to whoever is signed in now: those who have waited hear what is known, and go on as all others. */
  admit() {
    for (const view of [...this.#waiting.keys()]) {
      this.#stopWaiting(view);
      this.join(view);
      view.follow(this, this.#story());
    }
  }

  #stopWaiting(view) {
    clearTimeout(this.#waiting.get(view)?.timer);
    this.#waiting.delete(view);
  }

  #story() {
    const { status, currentTask, engine } = this.state;
    const story = this.logs.map((entry) => ["log", entry]);
    if (this.#historyRead) story.push(["history"]);
    if (status !== null) story.push(["status", { status, previous: null }]);
    if (currentTask !== null) story.push(["task", currentTask]);
    if (engine !== null) story.push(["engine", engine]);
    if (this.#facts) story.push(["update", { ...this.#facts }]);
    return story.map(([kind, value]) => [kind, freeze(value)]);
  }

  /** Returns whether anybody is left. */
  leave(view) {
    this.#views.delete(view);
    this.#told = undefined;
    this.#stopWaiting(view);
    return this.#views.size + this.#waiting.size > 0;
  }

  handle(kind, value) {
    if (kind === "history") {
      // Each instance reads it for the first time.
      if (this.#historyRead) return;
      this.#historyRead = true;
    }
    this.#hear();
    this.#remember(kind, value);
    if (kind === "refusal") this.#refusal = value;
    if (kind === "end") {
      if (this.end) return;
      value = this.end = freeze(value);
      // Nobody asks for it again after a trap.
      this.note();
    }
    this.#tell(kind, value);
  }

  /** A line of the log. Of these there can be thousands in a second. */
  log(entry) {
    this.#hear();
    this.#lines.push(entry, true);
    this.#logs = undefined;
    this.#tell("log", entry);
  }

  #hear() {
    this.#state = undefined;
    this.#heard += 1;
    this.#facts ??= {};
  }

  #tell(kind, value) {
    // A view that a handler lets go of meanwhile has no handlers any more, and one that comes is told of what follows.
    for (const view of (this.#told ??= [...this.#views])) view.handle(kind, value);
  }

  #remember(kind, value) {
    const facts = this.#facts;
    if (kind === "status") facts.status = value.status;
    if (kind === "task") facts.current_task = value;
    if (kind === "engine") facts.metadata = { search_engine: value.name, result_count: value.resultCount ?? undefined };
    if (kind === "update" && typeof value.progress === "number") facts.progress = value.progress;
  }
}

/** What is not known now was known before, and progress never runs backwards. */
function carryOn(before, now) {
  const all = { ...now };
  for (const field of LASTING) all[field] ??= before[field];
  all.startedAt = before.startedAt ?? now.startedAt;
  if (before.progress > now.progress) all.progress = before.progress;
  return all;
}

/** Freezes plain data through and through: it is handed to many. */
function freeze(value) {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value) && !ArrayBuffer.isView(value)) {
    Object.values(Object.freeze(value)).forEach(freeze);
  }
  return value;
}

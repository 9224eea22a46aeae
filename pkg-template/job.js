// What the page knows of one research: the last state, the log lines kept, the end. Shared by all who subscribed to it.

/** A state has all fields from the beginning: a page can show it before anything has arrived. */
const UNKNOWN = {
  status: null,
  progress: null,
  message: null,
  currentTask: null,
  phase: null,
  error: null,
  engine: null,
  queuePosition: null,
  startedAt: null,
  updatedAt: null,
  estimatedTimeLeft: null,
  source: null,
};

/** Lines above the limit that are cut off together, since cutting one off costs as much as cutting off many. */
const SLACK = 256;

export class Job {
  /** How it ended, once it did. */
  end;
  #id;
  #maxLogs;
  #read;
  #views = new Set();
  #known = UNKNOWN;
  #lines = [];
  #dropped = 0;
  // Made when asked for, and the same object until something changes: frameworks compare by identity.
  #state;
  #logs;

  /**
   * @param {string} id
   * @param {number} maxLogs
   * @param {() => object | undefined} read the module's snapshot, without the lines
   */
  constructor(id, maxLogs, read) {
    this.#id = id;
    this.#maxLogs = maxLogs;
    this.#read = read;
  }

  get maxLogs() {
    return this.#maxLogs;
  }

  get state() {
    if (!this.#state) {
      this.#known = this.#read() ?? this.#known;
      const dropped = this.#dropped + Math.max(0, this.#lines.length - this.#maxLogs);
      this.#state = freeze({ ...UNKNOWN, ...this.#known, id: this.#id, logs: this.logs, droppedLogs: dropped });
    }
    return this.#state;
  }

  get logs() {
    // `slice(-0)` would be everything.
    this.#logs ??= Object.freeze(this.#maxLogs > 0 ? this.#lines.slice(-this.#maxLogs) : []);
    return this.#logs;
  }

  join(view) {
    this.#views.add(view);
    // Who comes after the end hears of it too, once, and after it had the time to add its handlers.
    if (this.end) queueMicrotask(() => this.#views.has(view) && view.handle("end", this.end));
  }

  /** Returns whether anybody is left. */
  leave(view) {
    this.#views.delete(view);
    return this.#views.size > 0;
  }

  handle(kind, value) {
    this.#state = undefined;
    if (kind === "log") this.#keep(freeze(value));
    if (kind === "end") {
      if (this.end) return;
      value = this.end = freeze(value);
    }
    // A view that a handler lets go of meanwhile has no handlers any more.
    for (const view of [...this.#views]) view.handle(kind, value);
  }

  #keep(entry) {
    this.#lines.push(entry);
    this.#logs = undefined;
    const over = this.#lines.length - this.#maxLogs;
    if (over > SLACK) {
      this.#lines.splice(0, over);
      this.#dropped += over;
    }
  }
}

/** Freezes plain data through and through: it is handed to many. */
function freeze(value) {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value) && !ArrayBuffer.isView(value)) {
    Object.values(Object.freeze(value)).forEach(freeze);
  }
  return value;
}

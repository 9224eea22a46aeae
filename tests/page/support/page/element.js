// The element in a page of tests, with a research and a client that say what the test tells them.

import "/pkg/element.js";

const UNKNOWN = {
  status: null, progress: null, message: null, currentTask: null, phase: null, error: null, engine: null, queuePosition: null,
  refusal: null, historyRead: false, droppedLogs: 0, startedAt: null, updatedAt: null, estimatedTimeLeft: null, source: null,
};

class Emitter {
  handlers = new Map();

  on(event, handler) {
    if (!this.handlers.has(event)) this.handlers.set(event, new Set());
    this.handlers.get(event).add(handler);
    return () => this.handlers.get(event).delete(handler);
  }

  emit(event, value) {
    for (const handler of this.handlers.get(event) ?? []) handler(value);
  }

  /** How many handlers there are. */
  get listeners() {
    return [...this.handlers.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

export class FakeResearch extends Emitter {
  id;
  state;
  calls = [];
  /** What `cancel()` rejects with. */
  refusesToCancel;

  constructor(state = {}, id = "research-1") {
    super();
    this.id = id;
    this.state = { ...UNKNOWN, id, logs: [], ...state };
  }

  /** What it did when, as the test says it. */
  told = { phases: [], milestones: [], progress: [], engines: [], errors: [], from: null, newest: null, to: null, dropped: 0 };

  timeline() {
    this.calls.push("timeline");
    return this.told;
  }

  /** Something is known, and an event tells it. */
  tell(state, event = "update", value = state) {
    this.state = { ...this.state, ...state };
    this.emit(event, value);
  }

  lines(entries) {
    for (const entry of entries) this.emit("log", entry);
  }

  cancel() {
    this.calls.push("cancel");
    return this.refusesToCancel ? Promise.reject(this.refusesToCancel) : Promise.resolve();
  }

  refresh() {
    this.calls.push("refresh");
  }
}

export class FakeClient extends Emitter {
  state = { name: "connected" };
  calls = [];
  research;

  constructor(research) {
    super();
    this.research = research;
  }

  subscribe(id) {
    this.calls.push(`subscribe ${id}`);
    return this.research;
  }

  unsubscribe(id) {
    this.calls.push(`unsubscribe ${id}`);
  }

  connect() {
    this.calls.push("connect");
  }

  close() {
    this.calls.push("close");
  }

  become(state) {
    this.state = state;
    this.emit("state", state);
  }
}

const WORDS = ["Searching for sources about tidal power", "Reading https://example.org/paper", "Engine searxng gave results", "Asking the model for a summary", "Comparing what the sources say"];

/** Lines as a research writes them. */
export function entries(count, from = 1, more = {}) {
  const all = [];
  for (let n = from; n < from + count; n++) {
    const level = n % 500 === 0 ? "error" : n % 97 === 0 ? "warning" : n % 250 === 1 ? "milestone" : "info";
    all.push({ message: `${WORDS[n % WORDS.length]} (step ${n})`, level, time: new Date(1_790_000_000_000 + n * 500).toISOString(), source: "live", ...more });
  }
  return all;
}

/** The moment of the first of these lines, and one that is so many seconds later. */
const moment = (seconds) => 1_790_000_000_000 + 1000 * seconds;

/** What a run of a quarter of an hour did when, from milestones of its stored log to its end if it `isOver`. */
export function timeline(isOver = false) {
  const to = isOver ? moment(900) : null;
  const phase = (phase, from, until) => ({ phase, from: moment(from), to: until ? moment(until) : to });
  return {
    phases: [phase("search", 120, 300), phase("question_generation", 300, 310), phase("search", 310, 520), phase("reading", 520, 800), phase("final_synthesis", 800)],
    milestones: [{ message: "Starting the research", at: moment(1) }, { message: "Asking the model for questions", at: moment(40) }, { message: "Second round", at: moment(310) }],
    progress: [[5, 120], [12.5, 200], [33, 300], [48, 420], [52, 520], [70, 640], [80, 800], [85, 880]].map(([percent, at]) => ({ percent, at: moment(at) })),
    engines: [{ name: "searxng", resultCount: 10, at: moment(125) }, { name: "brave", resultCount: null, at: moment(130) }, { name: "arxiv", resultCount: 3, at: moment(330) }],
    errors: [[250, "No answer from https://example.org"], [560, "429 Too Many Requests"], [562, "429 Too Many Requests, again"], [563, "429, and again"]].map(([at, message]) => ({ message, at: moment(at) })),
    from: moment(1), newest: moment(900), to, dropped: 0,
  };
}

/** Puts an element into the page. `with` says whether it gets the research alone or a client too. */
export function mount({ attributes = {}, state = {}, lines = 0, client = true } = {}) {
  const research = new FakeResearch({ status: "in_progress", progress: 42, currentTask: "Reading sources", updatedAt: Date.now(), ...state, ...(lines > 0 && { logs: entries(lines) }) });
  const element = document.createElement("research-progress");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.research = research;
  const fake = new FakeClient(research);
  if (client) element.client = fake;
  (document.querySelector("main") ?? document.body).append(element);
  Object.assign(globalThis, { element, research, client: fake, entries, timeline, part: (name) => element.shadowRoot.querySelector(`.${name}`) });
  return element;
}

/** Waits for a condition, a frame at a time. */
export async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Two frames, in the second of which all is there. */
export const frames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

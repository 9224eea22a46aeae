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

/** Puts an element into the page. `with` says whether it gets the research alone or a client too. */
export function mount({ attributes = {}, state = {}, lines = 0, client = true } = {}) {
  const research = new FakeResearch({ status: "in_progress", progress: 42, currentTask: "Reading sources", updatedAt: Date.now(), ...state, ...(lines > 0 && { logs: entries(lines) }) });
  const element = document.createElement("research-progress");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.research = research;
  const fake = new FakeClient(research);
  if (client) element.client = fake;
  (document.querySelector("main") ?? document.body).append(element);
  Object.assign(globalThis, { element, research, client: fake, entries, part: (name) => element.shadowRoot.querySelector(`.${name}`) });
  return element;
}

/** Waits for a condition, a frame at a time. */
export async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Two frames, in the second of which all is there. */
export const frames = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

// A recorded run, played into the element: no server is asked. `recorded.json` is made by tests/page/support/record.mjs.

import "./pkg/element.js";

const $ = (id) => document.getElementById(id);
const element = $("progress");

/** Tells its handlers what was told when it was recorded. */
class Recorded {
  state;
  #handlers = new Map();

  constructor(state) {
    this.state = state;
  }

  on(event, handler) {
    if (!this.#handlers.has(event)) this.#handlers.set(event, new Set());
    this.#handlers.get(event).add(handler);
    return () => this.#handlers.get(event).delete(handler);
  }

  tell(event, value, changes) {
    this.state = { ...this.state, ...changes };
    for (const handler of this.#handlers.get(event) ?? []) handler(value);
  }

  // What only a server can do.
  connect() {}
  refresh() {}
  cancel() {
    return Promise.reject(new Error("This run was recorded."));
  }
}

let timer = 0;

/** @param {{ began: number, research: object, client: object, told: [number, "research" | "client", string, unknown, object][] }} recording */
function play({ began, research: first, client: state, told }, speed) {
  clearTimeout(timer);
  const now = Date.now();
  const shifted = (value) => atTime(value, now - began);
  const research = Object.assign(new Recorded(shifted({ ...first, logs: [] })), { id: first.id });
  const client = new Recorded(state);
  // Both at once: the element begins anew in the next microtask.
  [element.client, element.research] = [client, research];
  let at = 0;
  const step = () => {
    for (; at < told.length && told[at][0] / speed <= Date.now() - now; at += 1) {
      const [, whose, event, value, changes] = told[at];
      (whose === "client" ? client : research).tell(event, shifted(value), shifted(changes));
    }
    if (at < told.length) timer = setTimeout(step, told[at][0] / speed - (Date.now() - now));
  };
  timer = setTimeout(step);
}

/** The same as if it had been said so much later. */
function atTime(value, ms) {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => {
    if (typeof field === "number" && /^(from|to|startedAt|updatedAt)$/.test(key)) return [key, field + ms];
    if (typeof field === "string" && key === "time") return [key, new Date(Date.parse(field) + ms).toISOString()];
    return [key, field];
  }));
}

try {
  const response = await fetch(new URL("./recorded.json", import.meta.url));
  if (!response.ok) throw new Error(`recorded.json: ${response.status}`);
  const recording = await response.json();
  $("title").textContent = recording.title;
  $("again").addEventListener("click", () => play(recording, 1));
  $("fast").addEventListener("click", () => play(recording, 10));
  $("again").disabled = $("fast").disabled = false;
  play(recording, 1);
} catch (error) {
  $("notice").hidden = false;
  $("notice").textContent = error.message;
}

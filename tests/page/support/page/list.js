// A list in a page of tests, with researches and a client that say what the test tells them.

import "/pkg/list.js";
import { FakeClient, FakeResearch } from "./element.js";

export { frames, timeline } from "./element.js";

const RUNNING = { status: "in_progress", progress: 42, currentTask: "Reading sources", startedAt: Date.now() - 60_000, updatedAt: Date.now() };

class ManyClient extends FakeClient {
  researches = new Map();

  subscribe(id) {
    super.subscribe(id);
    if (id === "") throw new TypeError("The id of a research must not be empty.");
    if (!this.researches.has(id)) this.researches.set(id, new FakeResearch({ ...RUNNING, ...states[id] }, id));
    return this.researches.get(id);
  }
}

/** What a research is like at first. */
const states = {};

/** Puts a list into the page: a state for each id, of which `undefined` is one that runs. */
export function mount({ attributes = {}, of = {}, titles = {} } = {}) {
  Object.assign(states, of);
  const element = document.createElement("research-list");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.client = globalThis.client = new ManyClient();
  if (Object.keys(of).length > 0) element.researches = Object.keys(of).map((id) => (titles[id] ? { id, title: titles[id] } : id));
  (document.querySelector("main") ?? document.body).append(element);
  const root = element.shadowRoot;
  Object.assign(globalThis, {
    element,
    states,
    part: (name) => root.querySelector(`.${name}`),
    research: (id) => globalThis.client.researches.get(id),
    /** What one reads of each row, top to bottom. */
    rows: () => [...root.querySelectorAll(".research")].map((row) => Object.fromEntries(["title", "status", "percent", "task", "failure-text", "fresh"].map((name) => [name, row.querySelector(`.${name}`).textContent]))),
    titles: () => [...root.querySelectorAll(".title")].map(({ textContent }) => textContent).join(),
  });
  return element;
}

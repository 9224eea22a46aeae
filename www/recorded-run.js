// A recorded run as a research and a client, which tell what was told when it was recorded. `recorded.json` is made by
// tests/page/support/record.mjs.

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

/**
 * What it had done when, as it was known so many milliseconds after the recording began.
 * @param {Record<string, [known: number, entry: any, wrong?: number][]>} kept each entry with when it was known, and when it was known better
 * @param {number} ms
 */
export function timelineAt(kept, ms) {
  const known = (name) => kept[name].filter(([since, , wrong]) => since <= ms && !(wrong <= ms)).map(([, entry]) => entry);
  const [milestones, progress, engines, errors] = ["milestones", "progress", "engines", "errors"].map(known);
  const [newest = null, to = null] = ["newest", "to"].map((name) => known(name).at(-1));
  const phases = known("phases").map(({ phase, from }, n, all) => ({ phase, from, to: all[n + 1]?.from ?? (to === null ? null : Math.max(from, to)) }));
  const from = Math.min(...phases.map(({ from }) => from), ...[milestones, progress, engines, errors].flat().map(({ at }) => at));
  return { phases, milestones, progress, engines, errors, from: from === Infinity ? null : from, newest, to, dropped: 0 };
}

/**
 * Plays a recording from its beginning, as if it was recorded now.
 * @param {{ began: number, research: object, client: object, timeline: object, told: [number, "research" | "client", string, unknown, object][] }} recording
 * @param {number} speed how many times as fast as it was
 * @returns {{ research: object, client: object, stop: () => void }} it tells nothing before the next task
 */
export function play({ began, research: first, client: state, timeline, told }, speed) {
  const now = Date.now();
  const shifted = (value) => atTime(value, now - began);
  const kept = Object.fromEntries(Object.entries(timeline).map(([name, all]) => [name, all.map(([known, entry, wrong]) => [known, typeof entry === "number" ? entry + now - began : shifted(entry), wrong])]));
  let [at, timer, ms] = [0, 0, 0];
  const research = Object.assign(new Recorded(shifted({ ...first, logs: [] })), { id: first.id, timeline: () => timelineAt(kept, ms) });
  const client = new Recorded(state);
  const step = () => {
    for (; at < told.length && told[at][0] / speed <= Date.now() - now; at += 1) {
      const [when, whose, event, value, changes] = told[at];
      ms = when;
      (whose === "client" ? client : research).tell(event, shifted(value), shifted(changes));
    }
    if (at < told.length) timer = setTimeout(step, told[at][0] / speed - (Date.now() - now));
  };
  timer = setTimeout(step);
  return { research, client, stop: () => clearTimeout(timer) };
}

/** The same as if it had been said so much later. */
function atTime(value, ms) {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => {
    if (typeof field === "number" && /^(at|from|to|startedAt|updatedAt)$/.test(key)) return [key, field + ms];
    if (typeof field === "string" && key === "time") return [key, new Date(Date.parse(field) + ms).toISOString()];
    return [key, field];
  }));
}

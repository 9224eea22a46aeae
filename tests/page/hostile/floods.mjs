// What the hostile server sends.

/** Packets of one answer: a megabyte of the short ones, two of the long. */
const MANY = 10_000;
const FEW = 20;
const X = "x".repeat(100_000);

const message = (/** @type {unknown[]} */ ...args) => `42${JSON.stringify(args)}`;
const update = (/** @type {object} */ payload) => message("progress_r", payload);
export const line = (/** @type {number} */ n, /** @type {string} */ words) =>
  update({ log_entry: { message: words, type: "INFO", time: `2026-11-21T20:45:09.${String(n).padStart(6, "0")}+00:00` } });
const STATUSES = ["queued", "in_progress"];

/**
 * @typedef {object} Flood
 * @property {number} answers so many are a multiple of the bound for a page that kept them
 * @property {number} each packets of one answer
 * @property {(n: number) => string} packet the n-th, which is like no other
 * @property {boolean} [byByte]
 */

export const LINES = /** @type {Flood} */ ({ answers: 20, each: FEW, packet: (n) => line(n, `${n} ${X}`) });

/** @type {Record<string, Flood>} */
export const FLOODS = {
  "lines of 100 kB": LINES,
  "updates of 100 kB": { answers: 20, each: FEW, packet: (n) => update({ message: `${n} ${X}` }) },
  engines: { answers: 30, each: MANY, packet: (n) => message("search_engine_selected", { engine: `engine ${n}`, result_count: n }) },
  tasks: { answers: 10, each: MANY, packet: (n) => update({ current_task: `task ${n}` }) },
  statuses: { answers: 10, each: MANY, packet: (n) => update({ status: STATUSES[n % 2], progress: n % 100 }) },
  failures: { answers: 10, each: MANY, packet: (n) => update({ phase: "error", error: `fault ${n}` }) },
  "events of its own, which ask for acks": { answers: 5, each: MANY, packet: (n) => `42${n}${JSON.stringify(["flood", n])}` },
  "10 kB byte by byte": { answers: 1, each: 1, packet: (n) => line(9_000 + n, `${n} ${X.slice(0, 10_000)}`), byByte: true },
};

/** The packets of its n-th answer. @param {Flood} flood @param {number} answer */
export function packetsOf({ each, packet }, answer) {
  return Array.from({ length: each }, (_, n) => packet(answer * each + n));
}

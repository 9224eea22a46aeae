// In which order researches stand in a list: those that are busy first, and of each kind what had news last.
//
// A busy one stands where its news began, since a list that moved with each message could not be read.

import { QUIET_MS } from "./status.js";

/** Statuses in which a research waits for its turn. */
const WAITING = new Set(["pending", "queued"]);

const RUNNING = 0;
const QUIET = 1;
const WAITS = 2;
const UNKNOWN = 3;
const ENDED = 4;

export class Activity {
  /** @type {string | null} */
  #status = null;
  #hasEnded = false;
  /** When there was news last, as of `Date.now()`. @type {number | null} */
  heard = null;
  /** When news began to come without a long silence. */
  #since = 0;
  /** When it ended, where that is known. @type {number | null} */
  ended = null;

  /** @param {{ status: string | null, startedAt: number | null, updatedAt: number | null }} state @param {boolean} hasEnded @param {number | null} ended */
  note({ status, startedAt, updatedAt }, hasEnded, ended) {
    this.#status = status;
    this.#hasEnded = hasEnded;
    this.ended = ended;
    if (updatedAt === null || updatedAt === this.heard) return;
    if (this.heard === null) this.#since = startedAt ?? updatedAt;
    else if (updatedAt - this.heard >= QUIET_MS) this.#since = updatedAt;
    this.heard = updatedAt;
  }

  /** Whether it runs and nothing was heard of it for long. @param {number} now */
  isQuiet(now) {
    return this.#runs && this.heard !== null && now - this.heard >= QUIET_MS;
  }

  get #runs() {
    return !this.#hasEnded && this.#status !== null && !WAITING.has(this.#status);
  }

  /** What it is sorted by, the least first. @param {number} now @returns {[number, number]} */
  place(now) {
    if (this.#hasEnded) return [ENDED, -(this.ended ?? this.heard ?? 0)];
    if (this.#status === null) return [UNKNOWN, 0];
    if (WAITING.has(this.#status)) return [WAITS, 0];
    return this.isQuiet(now) ? [QUIET, -(this.heard ?? 0)] : [RUNNING, -this.#since];
  }
}

/**
 * Those that are alike stay as the page gave them.
 * @template {{ activity: Activity }} Row
 * @param {Iterable<Row>} rows @param {number} now @returns {Row[]}
 */
export function inOrder(rows, now) {
  const placed = Array.from(rows, (row) => ({ row, place: row.activity.place(now) }));
  placed.sort(({ place: [a, x] }, { place: [b, y] }) => a - b || x - y);
  return placed.map(({ row }) => row);
}

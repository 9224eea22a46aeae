// The lines that a server has stored against those that a page was given, each counted.

import assert from "node:assert/strict";

/**
 * @typedef {{ message: string, timestamp: string }} Stored
 * @typedef {{ sent: number, delivered: number, duplicated: number, missing: number }} Tally
 * `duplicated`: delivered more often than stored; `missing`: stored more often than delivered. One line of a text in a second is
 * as good as another, since the endpoints have no more than whole seconds.
 */

/** @param {Stored[]} stored @param {import("./follow.mjs").Heard} heard @returns {Tally} */
export function tally(stored, { lines, times }) {
  const left = new Counter(stored.map(({ message, timestamp }) => key(message, timestamp)));
  const duplicated = lines.filter((message, n) => !left.take(key(message, times[n]))).length;
  return { sent: stored.length, delivered: lines.length, duplicated, missing: left.size };
}

/**
 * What a page was given and the server has not: those that it lost, if each came with its own live time.
 * @param {Stored[]} stored @param {import("./follow.mjs").Heard} heard @returns {Stored[]}
 */
export function neverStored(stored, { lines, times }) {
  const left = new Counter(stored.map(({ message, timestamp }) => key(message, timestamp)));
  const heard = lines.map((message, n) => ({ message, timestamp: times[n] ?? "" }));
  return heard.filter(({ message, timestamp }) => !left.take(key(message, timestamp)));
}

/**
 * Requires that each stored line was delivered, none twice, in order; prints the numbers in any case.
 * @param {import("node:test").TestContext} t @param {string} what
 * @param {Stored[]} stored @param {import("./follow.mjs").Heard} heard
 */
export function assertWhole(t, what, stored, heard) {
  const { sent, delivered, duplicated, missing } = tally(stored, heard);
  t.diagnostic(`${what}: ${sent} sent, ${delivered} delivered, ${duplicated} duplicated, ${missing} missing, gaps: ${JSON.stringify(heard.gaps)}`);
  assert.deepEqual({ delivered, duplicated, missing }, { delivered: sent, duplicated: 0, missing: 0 });
  assertInOrder(heard);
}

/**
 * Requires that time never runs backwards, to the second, among the live lines and among the recovered ones. Between the two it
 * can: a line that reaches the database late can only be given late.
 * @param {import("./follow.mjs").Heard} heard
 */
export function assertInOrder({ lines, times, sources }) {
  for (const recovered of [true, false]) {
    const of = lines.map((message, n) => ({ message, time: times[n] })).filter((_, n) => (sources[n] === "history") === recovered);
    const late = of.findIndex(({ time }, n) => n > 0 && second(time) < second(of[n - 1].time));
    assert.equal(late, -1, `out of order: ${JSON.stringify(of.slice(Math.max(0, late - 1), late + 1))}`);
  }
}

class Counter {
  /** @type {Map<string, number>} */
  #counts = new Map();

  /** @param {string[]} keys */
  constructor(keys) {
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Whether there was one. @param {string} key */
  take(key) {
    const count = this.#counts.get(key) ?? 0;
    if (count > 0) this.#counts.set(key, count - 1);
    return count > 0;
  }

  get size() {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** @param {string} message @param {string | undefined} time */
function key(message, time) {
  return `${second(time)} ${message}`;
}

/** @param {string | undefined} time ISO 8601 or HTTP date */
function second(time) {
  return Math.floor(Date.parse(time ?? "") / 1000);
}

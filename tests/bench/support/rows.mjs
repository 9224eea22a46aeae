// What a bench hands over: rows of one table, each with every figure that was measured, ours beside the peer's.

/**
 * @typedef {"full" | "quick" | "small"} Size `small`: once, for a test that no clock decides
 * @typedef {object} Spec
 * @property {string} what what is measured, and how
 * @property {string} unit
 * @property {string} [beside] whom ours is compared with; "" for nobody
 * @property {{ ratio: number } | { most: number }} [aim] ours at most so many times the peer's, or at most so much
 * @typedef {{ title: string, run: (t: import("node:test").TestContext, rows: Rows, size: Size, options: Record<string, string | undefined>) => Promise<void> }} Bench
 */

export class Rows {
  /** @type {Map<string, Spec & { ours: number[], peer: number[] }>} */
  #rows = new Map();

  /** Says that there will be such a row: one that nothing is added to has no figure, which is a failure. @param {string} name @param {Spec} spec */
  declare(name, spec) {
    this.#rows.set(name, { beside: "socket.io-client", ...spec, ours: [], peer: [] });
  }

  /** One figure of each side, measured in one round. @param {string} name @param {{ ours?: number, peer?: number }} figures */
  add(name, { ours, peer }) {
    const row = this.#rows.get(name);
    if (!row) throw new Error(`no row ${name}`);
    if (ours !== undefined) row.ours.push(ours);
    if (peer !== undefined) row.peer.push(peer);
  }

  get all() {
    return [...this.#rows].map(([name, row]) => ({ row: name, ...row }));
  }

  /** As `cargo xtask bench` reads them. */
  toString() {
    return this.all.map((row) => `${JSON.stringify(row)}\n`).join("");
  }
}

/** Each in its turn, the next round the other way round: whoever is second finds a warmer machine. @template T @param {number} rounds @param {T[]} all @param {(one: T, round: number) => Promise<void>} run */
export async function alternate(rounds, all, run) {
  for (let round = 0; round < rounds; round += 1) {
    for (const one of round % 2 ? all.toReversed() : all) await run(one, round);
  }
}

/** The figure below which such a part of them is: 0.5 for the median. @param {number[]} figures @param {number} part */
export function quantile(figures, part) {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

// How long tests wait: for a condition, with a deadline that says what was seen last, and for a test as a whole.

/** Milliseconds. Longer than whatever a slow machine takes: only what never comes is to fail a test. */
export const PATIENCE_MS = 120_000;

/** Of each test, for one that hangs: no time that a machine takes, however busy, is to end one. */
export const LIMIT = { timeout: 900_000 };

/**
 * Asks `look` until it gives something truthy, and returns that.
 * @template T
 * @param {string} what said when the deadline passes
 * @param {() => T | Promise<T>} look
 * @param {{ within?: number, every?: number, seen?: () => unknown }} [options] milliseconds
 * @returns {Promise<T>}
 */
export async function until(what, look, { within = PATIENCE_MS, every = 20, seen } = {}) {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) {
      const last = seen ? `; last seen: ${JSON.stringify(await seen()).slice(0, 2000)}` : "";
      throw new Error(`not within ${within} ms: ${what}${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

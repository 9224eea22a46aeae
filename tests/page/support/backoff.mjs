// socket.io-client's reconnection formula, as the bounds between which each delay must lie.

/**
 * The shortest and the longest delay before attempt `n`, counted from 0:
 * `reconnectionDelay · 2^n`, spread by the factor both ways, and the cap last.
 */
export function bounds(n, { reconnectionDelay = 1000, reconnectionDelayMax = 5000, randomizationFactor = 0.5 } = {}) {
  const middle = reconnectionDelay * 2 ** n;
  const cap = (/** @type {number} */ ms) => Math.min(ms, reconnectionDelayMax);
  return { least: cap(middle * (1 - randomizationFactor)), most: cap(middle * (1 + randomizationFactor)) };
}

// How the connection is doing, in plain words, and what helps.

/**
 * @typedef {object} Described
 * @property {string} key of the text @property {Record<string, string | number>} [values]
 * @property {number} [left] seconds until the next attempt
 * @property {"good" | "busy" | "bad"} tone
 * @property {"retry" | "sign-in"} [help]
 */

/**
 * @param {{ name: string, attempt?: number, delay?: number, reason?: { code: string } }} state of the client
 * @param {{ refusal: string | null, attempts?: number, interval?: number, elapsed: number }} known `attempts` and `interval` of the
 *   options, if they are known; `elapsed`: milliseconds since the state is so
 * @returns {Described}
 */
export function describe(state, { refusal, attempts, interval, elapsed }) {
  const { name, attempt = 0, delay, reason } = state;
  const isLive = name === "connected";
  if (refusal === "unauthorized" || (!isLive && reason?.code === "UNAUTHORIZED")) return { key: "signed_out", tone: "bad", help: "sign-in" };
  if (isLive && refusal === "not-found") return { key: "unknown_research", tone: "bad", help: "retry" };
  const left = delay === undefined ? 0 : Math.max(0, Math.ceil((delay - elapsed) / 1000));
  switch (name) {
    case "connected":
      return { key: "live", tone: "good" };
    case "connecting":
      return { key: "connecting", tone: "busy" };
    case "reconnecting":
      return { ...retrying(attempt, attempts), left, tone: "busy", help: "retry" };
    case "fallback":
      return { ...(interval ? { key: "checking_every", values: { n: interval / 1000 } } : { key: "checking" }), tone: "busy", help: "retry" };
    case "offline":
      return { key: "offline", tone: "bad", help: "retry" };
    case "stopped":
      return { key: "stopped", tone: "bad", help: "retry" };
    default:
      return { key: "closed", tone: "bad" };
  }
}

function retrying(attempt, attempts) {
  if (attempt === 0) return { key: "reconnecting" };
  // When they are used up it goes on to look.
  if (attempt > attempts) return { key: "looking" };
  return attempts !== undefined && Number.isFinite(attempts) ? { key: "reconnecting_of", values: { attempt, attempts } } : { key: "reconnecting_attempt", values: { attempt } };
}

/** @param {Described} described @param {import("./texts.js").Texts} texts */
export function wordsOf({ key, values, left = 0 }, texts) {
  const words = texts.get(key, values);
  return left > 0 ? texts.get("in_time", { words, n: left }) : words;
}

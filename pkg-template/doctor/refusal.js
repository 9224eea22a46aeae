// What a 400 says, in the words of the servers that there are: python-engineio's string, and the code of engine.io. The core
// reads the same (src/engine/refusal.rs), which the doctor does without.

/** By number: a string of digits is none of them. */
const CODES = new Map([[0, "POLLING_REFUSED"], [1, "SESSION"], [5, "PROTOCOL_V3"]]);

/**
 * @param {string} text
 * @returns {string | undefined} the finding, `SESSION` for an unknown one, or nothing for words that nobody knows
 */
export function refusalOf(text) {
  let said = text.trim();
  try {
    said = JSON.parse(said);
  } catch {
    // Older versions write the words as they are.
  }
  if (typeof said !== "string") return CODES.get(said?.code);
  if (/\bnot an accepted origin\.$/i.test(said)) return "ORIGIN_REFUSED";
  if (/^Invalid transport/.test(said)) return "POLLING_REFUSED";
  if (/^The client is using an unsupported version/.test(said)) return "PROTOCOL_V3";
  return /^(Invalid session|'Session |Bad Request)/.test(said) ? "SESSION" : undefined;
}

/** The beginning of an answer, for a person. @param {string} text */
export function excerpt(text) {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

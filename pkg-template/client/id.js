// What the id of a research may be, in the words and by the rule of the core (src/research/payload/id.rs).

const MAX_LENGTH = 256;

const WORDS = "The id of a research must be a whole number, or a string of 1 to 256 characters that is no path such as `.`, `..` or `a/..`.";

/** A part between slashes that is of dots only leads to another endpoint, also where it is encoded. */
const LEADS_AWAY = /(^|[/\\])\.+($|[/\\])/;

/**
 * The id as text.
 * @param {unknown} id
 * @throws `TypeError` for what is none
 */
export function researchId(id) {
  if (Number.isSafeInteger(id)) return String(id);
  const isText = typeof id === "string" && id !== "" && id.length <= MAX_LENGTH;
  // Half of a surrogate pair is another character when it reaches the server, and so another id.
  if (!isText || LEADS_AWAY.test(id) || /\p{Surrogate}/u.test(id)) throw new TypeError(WORDS);
  return id;
}

// What the options of the connection may be, for all entry points alike and before anything is loaded or asked of a server. The core
// holds to the same ranges in the same words (src/config.rs); tests/misuse/options.json is what both say of the same options.

const DAY_MS = 86_400_000;
const MAX_COUNT = 2 ** 32 - 2;

const boolean = { type: "boolean", kind: "true or false" };
const string = (holds, words) => ({ type: "string", kind: "a string", holds, words });
const number = (holds, words) => ({ type: "number", kind: "a number", holds, words });
const object = (kind) => ({ type: "object", kind });
const millis = (least) => number((ms) => isWhole(ms, least, DAY_MS), `a whole number of milliseconds from ${least} to ${DAY_MS}`);

const AS_IN_AN_ADDRESS = "as in an address: one / at its start, no `.` or `..` in it, special characters percent-encoded";
const template = string((path) => path.includes("{id}") && isPath(path.replaceAll("{id}", "x")), `a path with {id}, ${AS_IN_AN_ADDRESS}`);

/** Name, in an object with a dot, and rule of each. */
export const RULES = Object.entries({
  transports: { ...object("an array"), holds: isTransports, words: `["polling"], ["websocket"], or both in either order` },
  path: string(isPath, `a path ${AS_IN_AN_ADDRESS}`),
  namespace: string((name) => /^\/[^,?\x00-\x1f\x7f]*$/.test(name), "a name that starts with / and has no comma, ? or control character"),
  reconnection: boolean,
  persistent: boolean,
  reconnectionAttempts: number((count) => count === Infinity || isWhole(count, 0, MAX_COUNT), "a whole number from 0 up, or Infinity"),
  reconnectionDelay: millis(0),
  reconnectionDelayMax: millis(0),
  randomizationFactor: number((factor) => factor >= 0 && factor <= 1, "a number from 0 to 1"),
  timeout: millis(1),
  withCredentials: boolean,
  fallback: { ...object("an object or false"), or: [true, false] },
  "fallback.interval": millis(100),
  "fallback.after": number((count) => isWhole(count, 1, MAX_COUNT), "a whole number of at least 1"),
  "fallback.timeout": millis(1),
  "fallback.statusPath": template,
  "fallback.logsPath": template,
  terminatePath: template,
  history: boolean,
  earlyHistory: boolean,
  logsPath: template,
  historyPath: template,
  flushLogs: boolean,
  stallAfter: { ...number((ms) => isWhole(ms, 1000, DAY_MS), `a whole number of milliseconds from 1000 to ${DAY_MS}, or false`), or: [false, 0] },
  dedup: object("an object such as { entries: 50000 }"),
  maxEmitBuffer: number((bytes) => isWhole(bytes, 1, 2 ** 28), "a whole number of bytes from 1 to 268435456"),
  "dedup.entries": number((count) => isWhole(count, 1, 1_000_000), "a whole number from 1 to 1000000"),
});

/** Those that the facade keeps for itself. */
const OWN = ["url", "auth", "headers", "query", "csrfToken", "signal", "logger", "autoConnect", "forceNew", "maxLogs", "share"];

export const NAMES = [...RULES.map(([name]) => name), ...OWN];

/** Longer ones are no names. */
const MAX_NAME = 60;

/**
 * What to tell of options that are not known: a later version may know them, and one with a slip of the pen would have no effect
 * in silence.
 * @param {object} options
 * @returns {string[]} a sentence for each
 */
export function unknownOptions(options) {
  const inner = Object.keys(options).flatMap((outer) => (isOuter(outer) && Object(options[outer]) === options[outer] ? Object.keys(options[outer]).map((name) => `${outer}.${name}`) : []));
  return [...Object.keys(options), ...inner]
    .filter((name) => !NAMES.includes(name))
    .map((name) => {
      const near = name.length <= MAX_NAME ? nearest(name) : undefined;
      return `option \`${name.slice(0, MAX_NAME)}\` is not known and has no effect.${near ? ` Did you mean \`${near}\`?` : ""}`;
    });
}

function isOuter(name) {
  return NAMES.some((known) => known.startsWith(`${name}.`));
}

/** The known name that is written almost like this one, wherever it belongs. */
export function nearest(name, names = NAMES) {
  const last = (name) => name.split(".").at(-1).toLowerCase();
  let best;
  let least = Infinity;
  for (const known of names) {
    const steps = distance(last(name), last(known)) + (name.includes(".") === known.includes(".") ? 0 : 1);
    // Of a short name, two letters are another name.
    if (steps < least && steps < 1 + last(known).length / 4) [best, least] = [known, steps];
  }
  return best;
}

/** How many letters have to be put in, left out or changed to make one of the other (Levenshtein). */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}

/**
 * @param {object} options
 * @throws `TypeError` or `RangeError` that names the option
 */
export function checkOptions(options) {
  for (const [name, { type, kind, holds, words, or = [] }] of RULES) {
    const [outer, inner] = name.split(".");
    const value = inner ? options[outer]?.[inner] : options[name];
    if (value === undefined || or.includes(value)) continue;
    if (typeof value !== type || value === null) throw new TypeError(`option \`${name}\` must be ${kind}`);
    if (holds && !holds(value)) throw new RangeError(`option \`${name}\` must be ${words}`);
  }
}

/** One that no browser changes when it stands in an address, so that it cannot lead to another host or out of its place. */
function isPath(path) {
  // Proxies may decode these before they resolve the dots.
  const decoded = path.replace(/%2e/gi, ".").replace(/%2f|%5c/gi, "/");
  return /^\/(?!\/)([\w.~!$&'()*+,;=:@/-]|%[\da-f]{2})*$/i.test(path) && !/\/\.+(\/|$)/.test(decoded);
}

function isTransports(value) {
  return Array.isArray(value) && ["polling", "websocket", "polling,websocket", "websocket,polling"].includes(value.join());
}

function isWhole(value, least, most) {
  return Number.isInteger(value) && value >= least && value <= most;
}

// Asks the page for `auth`, `headers` and `query`, anew at each attempt, so that a token that has expired is never sent twice.

import { stringify } from "./json.js";

/** How long the page's functions may take without the option `timeout`, as in the module. */
const TIMEOUT_MS = 20_000;

/** The longest that a timer of a browser takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * What the page answers now. Never rejects.
 * @param {{ auth?: unknown, headers?: unknown, query?: unknown }} given
 * @param {number} [timeout] the option of that name, which the module checks
 * @param {AbortSignal} [signal] says that nobody wants to know any more
 * @returns {Promise<{ given?: object, key?: string, words?: string }>} `key` is the same text for the same credentials; without
 *   `given` a function has failed, and `words` say how
 */
export async function answerOf(given, timeout, signal) {
  const ms = timeout > 0 ? Math.min(timeout, MAX_TIMEOUT_MS) : TIMEOUT_MS;
  try {
    const answer = await within(ms, credentials(given), signal);
    return { given: answer, key: stringify(answer) };
  } catch (error) {
    return { words: `The page's function for the credentials failed: ${error?.message ?? error}` };
  }
}

/** Rejects if it takes longer, or the signal aborts. */
export function within(ms, promise, signal) {
  let timer;
  let abort;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it gave nothing within ${ms} ms`)), ms);
    abort = () => reject(signal.reason);
  });
  signal?.addEventListener("abort", abort);
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  });
}

/** Rejects when one of the page's functions fails or gives something that cannot be sent. */
export async function credentials({ auth, headers, query }) {
  const [a, h, q] = await Promise.all([ask("auth", auth), ask("headers", headers), ask("query", query)]);
  return {
    auth: a === undefined ? undefined : stringify(a),
    headers: pairs(h),
    query: pairs(q),
  };
}

async function ask(name, given) {
  const value = (typeof given === "function" ? await given() : given) ?? undefined;
  if (value !== undefined && typeof value !== "object") throw new TypeError(`The function "${name}" must return an object.`);
  return value;
}

/** Of a plain object, `Headers`, `URLSearchParams`, a `Map` or a list of pairs. */
function pairs(value = []) {
  const entries = typeof value[Symbol.iterator] === "function" ? [...value] : Object.entries(value);
  return entries.filter(([, v]) => v !== undefined && v !== null).map(([k, v]) => [String(k), String(v)]);
}

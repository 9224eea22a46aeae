// The options of `connect`: splits off and checks what the facade itself uses, and has all others checked.

import { attempt } from "./error.js";
import { stringify } from "./json.js";
import { checkOptions, unknownOptions } from "./option-check.js";
import { VERSION } from "./version.js";

/** What a page was told of its options: each once, however often it connects. */
const told = new Set();

/** Log lines kept per research. The application's pages show that many before a browser gets slow. */
const MAX_LOGS = 5000;

/**
 * @param {object} options as the page gave them
 * @param {string} href the page's address
 * @param {boolean} [isForTabs] whether `forceNew` is about other calls in the page only
 */
export function readOptions(options, href, isForTabs) {
  if (options === null || typeof options !== "object") throw new TypeError("The options of connect() must be an object.");
  const { signal, logger, csrfToken, autoConnect = true, forceNew = false, maxLogs = MAX_LOGS, share: givenShare, auth, headers, query, ...connection } = options;

  const share = givenShare ?? (isForTabs || !forceNew);
  connection.url = origin(connection.url, href);
  checkOptions(connection);
  need(signal === undefined || typeof signal?.addEventListener === "function", "signal", "must be an AbortSignal");
  need(logger === undefined || isLogger(logger), "logger", "must be an object such as console, whose `debug` and `warn` are functions");
  need(csrfToken === undefined || ["string", "function"].includes(typeof csrfToken), "csrfToken", "must be a string or a function");
  for (const [name, value] of Object.entries({ auth, headers, query })) {
    need(value === undefined || (value !== null && ["object", "function"].includes(typeof value)), name, "must be an object or a function that returns one");
  }
  for (const [name, value] of Object.entries({ autoConnect, forceNew })) need(typeof value === "boolean", name, "must be true or false");
  need(["undefined", "boolean", "string"].includes(typeof givenShare), "share", "must be true, false or a name");
  if (share === "") throw new RangeError("option `share` must be true, false or a name that is not empty");
  need(typeof maxLogs === "number", "maxLogs", "must be a number");
  if (!Number.isSafeInteger(maxLogs) || maxLogs < 0) throw new RangeError("option `maxLogs` must be a whole number from 0 up");

  for (const words of unknownOptions(connection)) {
    if (told.has(words)) continue;
    told.add(words);
    attempt(() => (logger ?? console).warn?.(`research-socket: ${words}`));
  }

  // Clients with the same key share one connection.
  const key = stringify([connection.url, (connection.path ?? "/socket.io").replace(/\/+$/, ""), connection.namespace ?? "/"]);
  // The cookies, which all tabs have, are to say who it is; or the page does, by a name.
  const shares = share !== false && (share !== true || [auth, headers, query].every((given) => given === undefined));
  return {
    key,
    /** The name of the tabs that share one connection, if they do: all in which they have to be alike. */
    group: shares ? stringify([`research-socket ${VERSION}`, share, key, Object.entries(connection).filter(([name]) => !IN_KEY.includes(name)).sort()]) : undefined,
    /** What the module gets. */
    connection,
    /** What belongs to the connection besides, so to all clients that share it. */
    shared: { maxLogs },
    /** In whose name it is opened. Clients share a connection if these come to the same. */
    credentials: { auth, headers, query },
    /** What each client has for itself; `atHome`: the server is the page's own. */
    own: { signal, logger, csrfToken, autoConnect, forceNew, share: givenShare, atHome: connection.url === new URL(href).origin },
  };
}

/** What `key` says of a connection needs no further comparing. */
const IN_KEY = ["url", "path", "namespace"];

/** What is the same as nothing. */
const DEFAULTS = { transports: ["polling"], reconnection: true, persistent: true, history: true, earlyHistory: true, flushLogs: true, withCredentials: false };

/** The names of options which a later `connect` gives in another way than an open connection has them. */
export function differences(earlier, later) {
  return Object.keys(later).filter((name) => {
    if (IN_KEY.includes(name)) return false;
    const [a, b] = [earlier[name] ?? DEFAULTS[name], later[name]];
    if (b === undefined) return false;
    try {
      return typeof a !== typeof b || stringify(entries(a)) !== stringify(entries(b));
    } catch {
      // What cannot be written down is not worth failing for: this only decides about a hint.
      return a !== b;
    }
  });
}

/** `Headers`, `URLSearchParams` and maps are `{}` as JSON. */
function entries(value) {
  return typeof value === "object" && typeof value?.[Symbol.iterator] === "function" ? [...value] : value;
}

function origin(url, href) {
  need(url === undefined || typeof url === "string" || url instanceof URL, "url", "must be a string such as \"https://example.org\"");
  const given = String(url ?? new URL("/", href));
  need(/^https?:\/\//i.test(given), "url", "must begin with http:// or https://");
  // Silence would send the requests somewhere else than the page asks for.
  need(/^\w+:\/\/[^/\\?#@\x00-\x20]+\/?$/.test(given), "url", "must be an origin only, such as \"https://example.org\"; the rest belongs into `path`, `query` or `headers`");
  try {
    return new URL(given).origin;
  } catch {
    return need(false, "url", `is no address: ${given}`);
  }
}

function isLogger(logger) {
  return logger !== null && typeof logger === "object" && [logger.debug, logger.warn].every((hear) => ["function", "undefined"].includes(typeof hear));
}

/** The same words as the module's. */
function need(holds, name, rule) {
  if (!holds) throw new TypeError(`option \`${name}\` ${rule}`);
}

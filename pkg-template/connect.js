// The one function that a page calls. Made of its parts, so that tests can give others.

import { Client } from "./client.js";
import { ResearchSocketError } from "./error.js";
import { Link } from "./link.js";
import { Module } from "./module.js";
import { differences, readOptions } from "./options.js";

/**
 * @param {{ init: () => Promise<unknown>, reset: () => void, timers: import("./timers.js").Timers, Connection: Function, browser: object }} parts
 */
export function createConnect({ init, reset, timers, Connection, browser }) {
  const module = new Module(init, reset, timers, Connection);

  return async function connect(options = {}) {
    if (!browser.present) {
      throw new ResearchSocketError(
        "UNSUPPORTED",
        "connect() needs a page in a browser. Importing research-socket on a server is fine; call connect() only where a document exists, such as in an effect or an event handler.",
      );
    }
    const { key, connection, shared, own } = readOptions(options, browser.href);
    throwIfAborted(own.signal);
    await unlessAborted(module.load(), own.signal);
    throwIfAborted(own.signal);

    // No await from here on: two calls at once must not make two connections.
    const open = module.links.get(key);
    if (!open) return new Client(new Link(module, { key, connection, shared }), own, browser);
    const others = differences(open.options, { ...connection, ...shared });
    if (others.length > 0) {
      own.logger?.warn?.(
        `research-socket: a connection to ${connection.url} is open already and is shared, so these options of this call have no effect: ${others.join(", ")}`,
      );
    }
    return new Client(open, own, browser);
  };
}

function throwIfAborted(signal) {
  if (signal?.aborted) throw aborted(signal);
}

function unlessAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(aborted(signal));
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function aborted(signal) {
  return new ResearchSocketError("ABORTED", "connect() was stopped by its AbortSignal.", { cause: signal.reason });
}

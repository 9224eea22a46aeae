// The one function that a page calls. Made of its parts, so that tests can give others.

import { Module } from "../core/module.js";
import { Client } from "./client.js";
import { answerOf } from "./credentials.js";
import { MOCK, ResearchSocketError, report } from "./error.js";
import { Link } from "./link.js";
import { readOptions } from "./options.js";
import { openLink } from "./sharing.js";

const RUNS = {
  wasm: "research-socket: runs as WebAssembly",
  js: "research-socket: runs as JavaScript, since this page does not allow WebAssembly",
  without: "research-socket: runs as JavaScript, which is larger and slower, since its WebAssembly module (research_socket_bg.wasm) cannot be had",
};

/**
 * @param {{ init: () => Promise<"wasm" | "js">, reset: () => void, timers: import("../core/timers.js").Timers, Connection: Function, browser: object }} parts
 */
export function createConnect({ init, reset, timers, Connection, browser }) {
  const module = new Module(init, reset, timers, Connection);

  /** Loads the core ahead of `connect`, where there may be one. */
  connect.preload = async () => {
    if (browser.present && browser.missing.length === 0) await module.load();
  };
  return connect;

  /** `ahead` makes the first requests before the core is there: see compat/head-start.js. */
  async function connect(options = {}, ahead) {
    needBrowser(browser);
    const settings = readOptions(options, browser.href);
    const { own } = settings;
    throwIfAborted(own.signal);
    const headStart = module.runtime === undefined && isPlain(settings) ? ahead?.(settings.connection) : undefined;
    try {
      return await open(settings, headStart);
    } catch (error) {
      headStart?.end();
      throw error;
    }
  }

  async function open(settings, headStart) {
    const { own } = settings;
    await unlessAborted(module.load(), own.signal);
    throwIfAborted(own.signal);
    tell(module, own.logger);
    const since = module.nextMoment();
    // Who shares no connection, or does not connect yet, is asked when it is opened.
    const answer = own.forceNew || !own.autoConnect ? undefined : await unlessAborted(answerOf(settings.credentials, settings.connection.timeout, own.signal), own.signal);
    // Meanwhile it may have begun to start anew.
    await unlessAborted(module.load(), own.signal);
    throwIfAborted(own.signal);
    // No await from here on: two calls at once must not make two connections.
    const link = own.autoConnect
      ? (openLink(module.links, settings, answer) ?? new Link(module, settings, { answer, headStart }))
      : new Link(module, settings, { paused: new ResearchSocketError("ABORTED", "The page has not connected this client yet: connect() does.") });
    return new Client(link, { settings, since, answer }, browser);
  }
}

/** Whether its first requests have nothing that only the core can add. */
function isPlain({ group, credentials, connection: { namespace, withCredentials } }) {
  return [group, ...Object.values(credentials), namespace, withCredentials].every((given) => given === undefined);
}

/** Throws where nobody could connect, and says what to do there. */
function needBrowser({ present, missing }) {
  const refuse = (words) => new ResearchSocketError("UNSUPPORTED", `connect() needs a page in a browser, or a dedicated worker${words} ${MOCK}`);
  if (!present) throw refuse(". Importing research-socket on a server is fine; call connect() only where a document exists, such as in an effect or an event handler.");
  if (missing.length > 0) throw refuse(`, which has ${missing.join(", ")}: what there is of it here has not.`);
}

/** Says what runs the core: to the logger, and where that is not what the page allows to whoever serves the page, once. */
function tell(module, logger) {
  const { runtime, withoutWasm, told } = module;
  const words = withoutWasm ? `${RUNS.without}: ${withoutWasm.message}` : RUNS[runtime];
  module.told = true;
  try {
    if (withoutWasm && !told) (logger ?? console).warn?.(words);
    else logger?.debug?.(words);
  } catch (error) {
    report(error);
  }
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

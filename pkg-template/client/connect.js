// The one function that a page calls. Made of its parts, so that tests can give others.

import { Module } from "../core/module.js";
import { Tabs as BrowserTabs } from "../core/tabs.js";
import { Client } from "./client.js";
import { answerOf } from "./credentials.js";
import { Prelude } from "./prelude.js";
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
 * @param {{ init: () => Promise<"wasm" | "js">, reset: () => void, timers: import("../core/timers.js").Timers, Connection: Function, browser: object,
 *   Tabs?: typeof BrowserTabs }} parts
 */
export function createConnect({ init, reset, timers, Connection, browser, Tabs = BrowserTabs }) {
  const module = new Module(init, reset, timers, Connection, Tabs);
  /** Of the connection that is waited for while the core is loaded, and whether it was asked for. */
  let prelude;
  let isTaken = false;

  /** Loads the core ahead of `connect`, where there may be one. `options`: of a connection that is certain to be asked for, with `ahead`. */
  connect.preload = async (options) => {
    if (!browser.present || browser.missing.length > 0) return;
    if (options) make(readOptions(options, browser.href, true));
    await module.load();
  };
  return connect;

  /**
   * `ahead` makes the first requests before the core is there: see compat/head-start.js. Whoever gives it shares with other tabs
   * what it shares with no other call.
   */
  async function connect(options = {}, ahead) {
    needBrowser(browser);
    const settings = readOptions(options, browser.href, ahead !== undefined);
    const { own } = settings;
    throwIfAborted(own.signal);
    const mine = own.autoConnect ? take(settings) : undefined;
    if (ahead && module.runtime === undefined && isPlain(settings)) mine?.begin(() => ahead(settings.connection));
    try {
      return await open(settings, mine);
    } catch (error) {
      drop(mine);
      throw error;
    }
  }

  function make({ group }) {
    if (module.runtime === undefined) prelude ??= new Prelude(Tabs, group);
  }

  /** Only one connection has one: to a second one of this page it would be another tab. */
  function take(settings) {
    make(settings);
    if (isTaken || prelude?.group !== settings.group) return undefined;
    isTaken = true;
    return prelude;
  }

  function drop(mine) {
    if (!mine) return;
    mine.end();
    prelude = undefined;
    isTaken = false;
  }

  async function open(settings, mine) {
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
    const opened = own.autoConnect ? openLink(module.links, settings, answer) : undefined;
    if (opened) drop(mine);
    const link = opened ?? new Link(module, settings, own.autoConnect ? { answer, prelude: mine } : { paused: new ResearchSocketError("ABORTED", "The page has not connected this client yet: connect() does.") });
    return new Client(link, { settings, since, answer }, browser);
  }
}

/** Whether its first requests are polls, and have nothing that only the core can add. */
function isPlain({ credentials, connection: { namespace, withCredentials, transports } }) {
  return transports?.[0] !== "websocket" && [...Object.values(credentials), namespace, withCredentials].every((given) => given === undefined);
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

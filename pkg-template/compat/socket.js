// `window.socket` of the application's pages, on a client of this package. What the page asks for before the client is loaded
// waits, and then takes effect in the order in which it was asked.

import { report } from "../client/error.js";
import { researchId } from "../client/id.js";
import { optionsOf, wantsElement } from "./attributes.js";
import { Followed } from "./followed.js";
import { Gate } from "./gate.js";
import { headStart } from "./head-start.js";
import { InPlace } from "./in-place.js";
import { Instance } from "./instance.js";
import { Lines } from "./lines.js";
import { Notices } from "./notices.js";
import { Page } from "./page.js";
import { Panel } from "./panel.js";
import { Polling } from "./polling.js";

/** The old script had a WebSocket as well. This begins with what gets through everywhere, and so is live as soon as without one. */
const TRANSPORTS = ["polling", "websocket"];

/** The document gets so long to be ready before the connection begins, as the old script had it. */
const INIT_AFTER_MS = 100;

/** After so many errors one after the other the page's own requests for the status begin. */
const MAX_ERRORS = 3;

/** After how long a package that could not be loaded is asked for again: the server may be starting. */
const LOAD_AGAIN_MS = 10_000;

/** Marks the object, so that a script that is there twice makes one connection. */
const OURS = Symbol.for("research-socket.compat");

/**
 * Defines `window.socket`, once.
 * @param {Window & typeof globalThis} window
 * @param {typeof import("../index.js").connect} connect
 * @param {DOMStringMap} [dataset] the attributes of the script's own tag
 * @param {() => Promise<typeof import("../compat-element.js")>} [loadElement] if one of these asks for it
 */
export function install(window, connect, dataset = {}, loadElement) {
  const page = new Page(window);
  if (page.socket?.[OURS]) return;
  // A connection of its own in this page: `connect` is heard, and after `disconnect` nothing of the one before is there.
  const warn = (words) => console.warn(`research-socket: ${words}`);
  const options = { transports: TRANSPORTS, ...optionsOf(dataset, warn), forceNew: true };
  const gate = new Gate(window);
  const inPlace = wantsElement(dataset, warn) && page.connects ? new InPlace(window, gate, async (parts) => (await loadElement()).makePlace(window, parts, connect)) : undefined;
  const service = new Service(page, new Lines(page, new Panel(page.connects ? window : {}), gate), inPlace, (more, first) => connect({ ...options, ...more }, (given) => window.fetch && headStart(window, given, first)));
  const socket = {
    init: () => service.init(),
    initializeSocket: () => service.init(),
    subscribeToResearch: (id, callback) => service.subscribe(id, callback),
    unsubscribeFromResearch: (id) => service.unsubscribe(id),
    onReconnect: (callback) => service.onReconnect(callback),
    setPollingFallback: (poll) => service.setPollingFallback(poll),
    disconnect: () => service.disconnect(),
    getSocketInstance: () => service.instance,
    isConnected: () => service.instance?.connected ?? false,
    isUsingPolling: () => service.polling,
  };
  Object.defineProperty(socket, OURS, { value: true });
  page.socket = socket;
  // It takes no wish of the page, so it comes while the page itself does. A failure is told when the page needs it.
  if (page.connects) connect.preload(options).catch(() => {});
  inPlace?.begin().catch(report);
  setTimeout(() => service.begin(), INIT_AFTER_MS);
}

class Service {
  /** What `init` made, until `disconnect`. */
  instance = null;
  /** Whether the page's own requests for the status are its way to news. */
  polling = false;
  #page;
  #lines;
  #inPlace;
  #poll;
  #connect;
  #client;
  #abort = new AbortController();
  /** `loading`, or what went wrong */
  #load;
  /** What was asked for before there was a client. */
  #waiting = [];
  #researches = new Map();
  #reconnected;
  #errors = 0;
  #notices;
  /** Words that the console was told since the connection was up. */
  #said = new Set();
  #left = false;

  constructor(page, lines, inPlace, connect) {
    this.#page = page;
    this.#lines = lines;
    this.#inPlace = inPlace;
    this.#notices = new Notices(page, this.#lines, this.#researches);
    this.#poll = new Polling(page, (words, error) => this.#warn(`${words}: ${error?.message ?? error}`));
    this.#connect = connect;
  }

  // --- For the page --------------------------------------------------------------------------------------------------

  /** By itself, unless the page was quicker, or has disconnected meanwhile. */
  begin() {
    if (!this.#left) this.init();
  }

  /** `first`: what the page is about to follow. */
  init(first) {
    if (!this.#page.connects) return null;
    this.#left = false;
    this.instance ??= new Instance((act) => this.#run(act), () => this.disconnect());
    if (!this.#client && this.#load !== "loading") this.#begin(first);
    return this.instance;
  }

  subscribe(given, callback) {
    if (!isId(given, "subscribeToResearch")) return;
    const known = this.#researches.get(String(given));
    const followed = known ?? new Followed(given, this.#page, this.#lines);
    if (typeof callback === "function") followed.add(callback);
    const instance = this.init(followed.isBenchmark ? undefined : given);
    if (known) return;
    this.#researches.set(followed.id, followed);
    if (instance) this.#run((client) => followed.begin(client, this.#notices, this.#inPlace));
    // A page without a connection has no other way.
    else this.polling = true;
    if (this.polling) this.#poll.start(followed);
  }

  unsubscribe(given) {
    const followed = isId(given, "unsubscribeFromResearch") && this.#researches.get(String(given));
    if (!followed) return;
    this.#researches.delete(followed.id);
    followed.clear();
    this.#poll.stop(followed.id);
    if (this.instance) this.#run((client) => followed.end(client));
  }

  onReconnect(callback) {
    this.#reconnected = callback;
  }

  setPollingFallback(poll) {
    this.#poll.own = poll;
    if (!this.polling) return;
    // What asks until now makes room.
    this.#poll.stopAll();
    for (const followed of this.#researches.values()) this.#poll.start(followed);
  }

  disconnect() {
    this.#left = true;
    this.#poll.stopAll();
    this.#poll.own = undefined;
    const { instance } = this;
    for (const followed of this.#researches.values()) followed.clear();
    this.#researches.clear();
    this.#waiting = [];
    this.#reconnected = undefined;
    this.#load = undefined;
    this.#errors = 0;
    this.#said.clear();
    this.#notices.clear();
    this.polling = false;
    this.instance = null;
    instance?.detach();
    this.#client = undefined;
    this.#abort.abort();
  }

  // --- The client ----------------------------------------------------------------------------------------------------

  /** Now, or as soon as there is a client. What it refuses is shown: the old script threw nothing at a page. */
  #run(act) {
    if (this.#client) attempt(() => act(this.#client));
    else this.#waiting.push(act);
  }

  async #begin(first) {
    this.#load = "loading";
    // What has failed before is not tried again beside this.
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    const logger = { warn: (message) => console.warn(message) };
    try {
      const client = await this.#connect({ signal, logger }, first);
      // The page may have disconnected in the moment before: then the signal has closed it.
      if (!signal.aborted) this.#attach(client);
    } catch (error) {
      if (!signal.aborted) this.#cannotLoad(error, signal);
    }
  }

  #cannotLoad(error, signal) {
    this.#load = "failed";
    this.#notices.connection("Live Updates Unavailable", error.message);
    this.#usePolling();
    if (error.code === "LOAD_FAILED") setTimeout(() => !signal.aborted && this.init(), LOAD_AGAIN_MS);
  }

  #attach(client) {
    this.#client = client;
    // First this: whoever is called on a connect finds the new id.
    this.instance.attach(client);
    client.on("connect", () => this.#handleConnect());
    client.on("connect_error", () => this.#handleError());
    client.on("disconnect", () => this.#client === client && this.#handleDisconnect());
    client.on("state", (state) => this.#handleState(state));
    client.on("warning", (warning) => this.#notices.warning(warning));
    client.on("search_engine_selected", (payload) => this.#handleEngine(payload));
    for (const act of this.#waiting.splice(0)) attempt(() => act(client));
  }

  #handleConnect() {
    this.#errors = 0;
    this.#said.clear();
    this.#notices.connected();
    if (this.polling) this.#poll.stopAll();
    this.polling = false;
    if (typeof this.#reconnected === "function") attempt(this.#reconnected);
  }

  #handleDisconnect() {
    for (const followed of this.#researches.values()) followed.lost = true;
  }

  #handleError() {
    this.#errors += 1;
    if (this.#errors >= MAX_ERRORS) this.#usePolling();
  }

  #handleState({ name, reason, delay }) {
    if (name === "fallback") this.#usePolling();
    // What passes by the second try has no need of a person; a page that is hidden has no reason to tell.
    const isStuck = ["stopped", "closed"].includes(name) || delay > FIRST_WAIT_MS;
    if (reason && ["UNAUTHORIZED", "NOT_FOUND", "PAYLOAD_TOO_LARGE", "INTERNAL"].includes(reason.code) && isStuck) {
      this.#notices.connection("Live Updates Have Stopped", reason.message, reason.code === "UNAUTHORIZED");
      if (name === "closed") this.#usePolling();
    }
  }

  #handleEngine(payload) {
    if (!payload?.engine) return;
    this.#lines.engine(undefined, payload);
    for (const followed of this.#researches.values()) followed.expectTwin(payload);
  }

  #usePolling() {
    if (this.polling) return;
    this.polling = true;
    for (const followed of this.#researches.values()) this.#poll.start(followed);
  }

  /** To whoever looks at the console, once. */
  #warn(text) {
    if (this.#said.has(text)) return;
    this.#said.add(text);
    console.warn(`research-socket: ${text}`);
  }
}

/** After how long what the server refuses is tried again for the first time, in milliseconds. */
const FIRST_WAIT_MS = 5000;

/** What is none the client would refuse; the old script threw nothing at a page. */
function isId(given, name) {
  try {
    return researchId(given) !== undefined;
  } catch (error) {
    console.warn(`research-socket: ${name}() needs the id of a research. ${error.message}`);
    return false;
  }
}

function attempt(run) {
  try {
    run();
  } catch (error) {
    report(error);
  }
}

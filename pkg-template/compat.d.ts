/**
 * Defines `window.socket` with the functions of the application's own socket script, so that its pages work unchanged:
 *
 * ```html
 * <script src="/static/research-socket/research-socket.compat.js"></script>
 * ```
 *
 * or, in a page with a bundler, `import "research-socket/compat"`. With the attribute `data-element` the script puts `<research-progress>` in
 * the place of the page's own progress area and log panel. The connection begins over long-polling, and a WebSocket takes its place where the
 * server offers one; with `data-transports="polling"` none does. There is no need of socket.io-client and its `io()`. Without
 * a page, as on a server that renders it, importing does nothing.
 *
 * @module research-socket/compat
 */

import type { EndStatus, ResearchId, Status } from "./index.js";

declare global {
  interface Window {
    /** Keeps the page in step with its researches. */
    socket: PageSocket;
  }
}

/**
 * What a page has as `window.socket`.
 *
 * It connects on pages whose path contains `/research`, `/progress`, `/benchmark` or `/chat`, a moment after they are loaded or as soon
 * as they subscribe. What is asked for before it is loaded waits, and takes effect in its order. None of its functions throws.
 *
 * Lines of the log go to `window.addConsoleLog(message, level, metadata)`, or else to `window._socketAddLogEntry(entry)`;
 * failures to `window.showNotification(title, text, "error", 10000)`; each only where the page has them. After three failed
 * attempts to connect it calls `window.pollResearchStatus(id)`, or else asks `window.api.getResearchStatus(id)` every 3 seconds,
 * until the connection is back.
 */
export interface PageSocket {
  /** Connects, if it has not yet. Gives `null` on pages without a connection. */
  init(): SocketInstance | null;

  /** The same as {@link init}. */
  initializeSocket(): SocketInstance | null;

  /**
   * Follows a research. The same function is registered once; further functions are called too. What is no id of a research is
   * refused with a warning on the console. On a page whose path contains `/benchmark` a whole number is the run of a benchmark:
   * of that the function hears what the server sends as `progress_<id>`, and nothing is asked of the server.
   *
   * @param callback is called with each payload of the server, after its lines were written to the page's log
   * @example
   * window.socket.subscribeToResearch("research-12345", (data) => {
   *   if (typeof data.progress === "number") bar.value = data.progress;
   *   if (data.status === "completed") location.reload();
   * });
   */
  subscribeToResearch(id: ResearchId, callback?: (data: Payload) => void): void;

  /** Lets go of a research and of all functions that were called for it. */
  unsubscribeFromResearch(id: ResearchId): void;

  /**
   * Is called on each connect, also on the first. There is room for one function: the last one counts. Subscriptions need no
   * help, and do not mind it.
   */
  onReconnect(callback: () => void): void;

  /**
   * Is called with the id of each research that the page has subscribed to when the status has to be asked for instead: then
   * `window.pollResearchStatus` and `window.api` are not. There is room for one function, and what is none removes it.
   */
  setPollingFallback(poll: ((id: ResearchId) => void) | null): void;

  /** Ends the connection and forgets all functions and researches. {@link init} begins anew. */
  disconnect(): void;

  /** What {@link init} gave, or `null` before it and after {@link disconnect}. */
  getSocketInstance(): SocketInstance | null;

  /** Whether news come over the connection. */
  isConnected(): boolean;

  /** Whether the status is asked for instead. */
  isUsingPolling(): boolean;
}

/** As much of a socket of socket.io-client as the application's pages use. */
export interface SocketInstance {
  /** Whether events come and go. */
  readonly connected: boolean;
  /** Of the connection; `undefined` while there is none. */
  readonly id: string | undefined;
  /** For any event of the server, and `connect`, `disconnect` (with the reason), `connect_error` and the like. */
  on(event: string, handler: (...args: any[]) => void): this;
  /** Like {@link on}, for one time. */
  once(event: string, handler: (...args: any[]) => void): this;
  /** Without a handler: all of the event; without an event: all. */
  off(event?: string, handler?: (...args: any[]) => void): this;
  /** A function as the last argument gets the server's acknowledgement. */
  emit(event: string, ...args: unknown[]): this;
  /** The same as {@link PageSocket.disconnect}. */
  disconnect(): this;
}

/** What the server sent, checked: every field may be missing, and there may be others. */
export interface Payload {
  /** Percent, 0 to 100. */
  readonly progress?: number | null;
  /** After one of {@link EndStatus} nothing follows but late lines. */
  readonly status?: Status | EndStatus;
  /** What the research is doing, in words for people. */
  readonly message?: string | null;
  /** The same in a word of the server, such as `search` or `synthesis`. */
  readonly phase?: string;
  /** Why it failed, in the server's own words. */
  readonly error?: string | null;
  /** The line of the log that came with it; some payloads are nothing else. It is in the page's log already. */
  readonly log_entry?: PayloadLine;
  readonly [field: string]: unknown;
}

/** A line of the log within a {@link Payload}. */
export interface PayloadLine {
  /** What happened, in words for people. */
  readonly message: string;
  /** How much it matters, as the server writes it: `INFO`, `MILESTONE`, `error` and the like. */
  readonly type?: string;
  /** ISO 8601. */
  readonly time?: string;
  /** Whatever else the server sent. */
  readonly [field: string]: unknown;
}

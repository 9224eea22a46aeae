/// <reference lib="esnext.disposable" />

/**
 * Keeps a page in step with a research that runs on a Socket.IO server for minutes or hours.
 *
 * ```js
 * import { connect } from "research-socket";
 *
 * const client = await connect();
 * const research = client.subscribe("research-12345");
 * research.on("update", (update) => (bar.value = update.progress ?? bar.value));
 * research.on("log", (entry) => panel.append(entry.message, "\n"));
 * const end = await research.done; // { status: "completed", … }
 * ```
 *
 * @module research-socket
 */

import type { Answer, AskName, CallArgs, ClientHandler, DefaultEventsMap, EmitArgs, EmitName, EventsMap, ListenName, TimedCallArgs } from "./event-map.js";

export type { Answer, AskName, CallArgs, ClientHandler, DefaultEventsMap, EmitArgs, EmitName, EventsMap, ListenName, TimedCallArgs } from "./event-map.js";

/**
 * Starts a connection, or joins the one that is open: calls with the same `url`, `path` and `namespace` share one
 * connection, which closes with the last of their clients. The options of the first call count for all, and a later call's
 * `logger` is told which of its own have no effect; `signal`, `logger` and `csrfToken` are each client's own. A connection that
 * has stopped trying tries again.
 *
 * A connection is for one person. A call whose `auth`, `headers` or `query` come to something else than the connection was opened
 * with, or whose `withCredentials` differs, is given another one, and so is one that gives none where the connection has some.
 * Functions are asked now, and of all who share a connection again at each handshake: who answers otherwise then, fails, or takes a
 * second longer than the others, goes on over a connection of its own. A function that gives a new token each time shares with
 * nobody.
 *
 * Cookies cannot be compared: a client that comes to a connection which is open already sees nothing of a research (its `state` is
 * not known, and nothing is told) before the server has answered a question for its status that was asked since. If the server
 * refuses, or says nothing for five seconds, the client goes on over another connection, once. It keeps its handlers, researches and
 * promises, but for acknowledgements that have not come, and hears `state`, `disconnect`, `connect`, `reconnect` and `gap` as after
 * any other reconnection. With `fallback: false` there is nothing to ask, and an open connection is not shared.
 *
 * The connection stays for half a second after its last client: who connects again with the same options and credentials
 * meanwhile, as React's StrictMode and hot reloading do, finds it as it was.
 *
 * Resolves as soon as the core is loaded, the functions have answered (within `timeout`; with `forceNew` that is not waited for)
 * and the first attempt has begun. It does not wait for the server: how the connection is doing, {@link Client.state} tells.
 *
 * @throws `TypeError` or `RangeError` that names the option that is wrong, or a {@link ResearchSocketError} with the
 * code `UNSUPPORTED` (no browser: in a test, mock the package), `LOAD_FAILED` (try again later), `ABORTED` or `INTERNAL`.
 *
 * @example
 * const client = await connect({ url: "https://research.example.org", reconnectionAttempts: 10 });
 *
 * @example Events of the server's own, known to the compiler as with socket.io-client
 * interface ServerToClientEvents {
 *   news: (title: string) => void;
 * }
 * interface ClientToServerEvents {
 *   vote: (choice: number, answer: (counted: boolean) => void) => void;
 * }
 * const client = await connect<ServerToClientEvents, ClientToServerEvents>();
 * client.on("news", (title) => headline.append(title));
 * const counted = await client.emitWithAck("vote", 7);
 *
 * @typeParam ListenEvents what the server sends, besides what belongs to researches
 * @typeParam EmitEvents what the server takes
 */
export function connect<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
  options?: ConnectOptions,
): Promise<Client<ListenEvents, EmitEvents>>;

export namespace connect {
  /**
   * Loads the core ahead of the first {@link connect}, which then only connects: for a page that connects later, such as in an
   * effect or after a click. It makes no connection. However often it is called, the core is loaded once. On a server, and in what
   * is no browser, it does nothing.
   *
   * @throws a {@link ResearchSocketError} with the code `LOAD_FAILED`; the next call of either function tries again
   *
   * @example
   * connect.preload().catch(() => {}); // connect() tells it
   */
  function preload(): Promise<void>;
}

/**
 * All are optional. Times are in milliseconds. One that is not known, and so has no effect, is told to `logger.warn`, or on the
 * console without a `logger`, with the one that was probably meant.
 */
export interface ConnectOptions {
  /**
   * The origin of the server, with `http://` or `https://` and without a path.
   * @default the page's own origin; in a frame without an address, such as `<iframe srcdoc>`, that of the page around it
   * @example "https://research.example.org"
   */
  url?: string | URL;

  /**
   * Where the server answers: as in an address, with one `/` at its start, no `.` or `..` in it, and special characters
   * percent-encoded. The other paths are as well.
   * @default "/socket.io"; where that answers 404, `/ws/socket.io` is asked at once, which is where newer servers are. The one at
   *   which a session was opened comes first from then on.
   * @example "/app/socket.io"
   */
  path?: string;

  /**
   * The Socket.IO namespace: begins with `/`, and has no comma, `?` or control character.
   * @default "/"
   * @example "/admin"
   */
  namespace?: string;

  /**
   * Whether to try again after a failure.
   * @default true
   * @example false
   */
  reconnection?: boolean;

  /**
   * Whether to retry what the server refuses: the connection, a subscription, a status or a stored log (401, 403, 404, a
   * redirect, a web page, CONNECT_ERROR, `subscribe_error`). While somebody looks at the page the retries come after 5 s, then
   * after growing waits of at most 30 s; in a tab that nobody looks at every 5 minutes, and so in the end for a research that the
   * server does not know (404). Each retry asks `auth`, `headers` and `query` again. After the last of the
   * `reconnectionAttempts` it looks for a server that is down after 4 to 8 s, then every 7.5 to 15 s, and for one that
   * answers wrongly every 30 s. With `false` a refusal is final until the page is seen again, or connects, and so is the last
   * attempt without a `fallback`.
   * @default true
   * @example false
   */
  persistent?: boolean;

  /**
   * How many attempts are made before `reconnect_failed`. `Infinity` never gives up. The count starts again once a
   * connection has proven stable. A server that is still too busy (429, 503) at the third attempt in a row is left alone
   * for 7.5 to 15 s after it and each other, and one that takes up connections and drops them within 5 s for longer each time, up to
   * those 15 s, until one was live for a minute. The client keeps looking for the server all the same, unless it is not `persistent` and has no
   * `fallback`; after an outage the first good answer to any other request brings an attempt within a second. A namespace that is refused (CONNECT_ERROR) costs an attempt if the page gave no `auth`, `headers`, `query` and
   * `namespace`, and a path that was there before (404) does too; other refusals cost none.
   * @default 5
   * @example Infinity
   */
  reconnectionAttempts?: number;

  /**
   * The wait before the first attempt, 0 to a day; it doubles with each further one.
   * @default 1000
   * @example 500
   */
  reconnectionDelay?: number;

  /**
   * The longest wait between two attempts, 0 to a day.
   * @default 5000
   * @example 30_000
   */
  reconnectionDelayMax?: number;

  /**
   * How much chance is in the wait, from 0 (none) to 1, so that not all pages come back in the same moment.
   * Attempts exactly one second apart: `reconnectionDelayMax: 1000, randomizationFactor: 0`.
   * @default 0.5
   * @example 0
   */
  randomizationFactor?: number;

  /**
   * How long one attempt to connect may take, 1 to a day; so long `connect()` waits for its functions for credentials.
   * @default 20000
   * @example 10_000
   */
  timeout?: number;

  /**
   * Sent with the namespace's CONNECT. A function is asked by `connect()`, which shares a connection only if the answer is the
   * same, and again at each attempt.
   * @default none
   * @example async () => ({ token: await freshToken() })
   */
  auth?: Given<Record<string, unknown>>;

  /**
   * Headers of every request. A function is asked as that for `auth`.
   * @default none
   * @example { "X-Tenant": "blue" }
   */
  headers?: Given<Pairs | Headers>;

  /**
   * Added to the address of every request. A function is asked as that for `auth`.
   * @default none
   * @example () => ({ token: localStorage.token })
   */
  query?: Given<Pairs | URLSearchParams>;

  /**
   * What carries the connection: `["polling"]` for HTTP long-polling, as the application documents it; `["websocket"]` for one
   * WebSocket from the handshake on; `["polling", "websocket"]` for long-polling until a WebSocket has taken its place, without a gap, where
   * the server offers one; one that cannot within `timeout` is not tried again; `["websocket", "polling"]` for long-polling where a
   * WebSocket cannot be opened, in the same attempt, and from then on. What one connection has found so, all of the page to the same `url` and
   * `path` keep to until it is loaded anew. Over a WebSocket several workers need no sticky sessions. Browsers send the cookies with it, but no
   * `headers`, and do not say why one cannot be opened: a refusal looks like a server that is down. A policy has to allow it
   * (`connect-src 'self'`, or `wss:` and the server's host). What is asked about a research besides goes by HTTP with either.
   * @default ["polling"]
   * @example ["websocket"]
   */
  transports?: readonly ["polling"] | readonly ["websocket"] | readonly ["polling", "websocket"] | readonly ["websocket", "polling"];

  /**
   * Whether cookies go to a server of another origin. To the page's own origin they always go.
   * @default false
   * @example true
   */
  withCredentials?: boolean;

  /**
   * Asking for the status by plain HTTP while the connection cannot be had; `false` switches it off.
   * @default { interval: 3000, after: 3 }
   * @example { interval: 10_000, statusPath: "/research/{id}/status.json" }
   */
  fallback?: false | FallbackOptions;

  /**
   * Where {@link Research.cancel} sends its request; `{id}` stands for the id of the research.
   * @default "/api/terminate/{id}"
   * @example "/research/{id}/stop"
   */
  terminatePath?: string;

  /**
   * Whether log lines that were missed are fetched from the server's stored log: when a research is subscribed to, after
   * each reconnection, while the status is polled, and before an end that was found by asking for the status or comes
   * within seconds after a reconnection. Lines of all sources are merged: each is heard once, in order of time. Newer
   * lines, and the end, wait for the older ones, as long as one answer may take (`fallback.timeout`). Of a log that breaks off,
   * also with its connection, lines wait for the next answer as well, if it can come in that time; the end does not. An end that the status
   * tells within a second of a live line waits one second more for lines that it may have overtaken. The log is read twice
   * more after the end, and what it has only then is heard late. A log of any length is read as it arrives, and no faster than
   * the page hears of it; what waits for it waits as long as it goes on. With `false` nothing is fetched, and no `gap` tells of
   * an outage.
   * @default true
   * @example false
   */
  history?: boolean;

  /**
   * Whether the stored log of a research that is followed before there is a connection is asked for as soon as the handshake is answered, whose
   * cookie says which worker has the session: the story so far does not wait for namespace and subscription. Once the server has the subscription the log
   * is asked for as always; `false` saves a server the first of these requests. It needs `history`.
   * @default true
   * @example false
   */
  earlyHistory?: boolean;

  /**
   * Where the stored log is: an array of `{ id, message, timestamp, log_type }`, oldest first; `{id}` stands for the id of
   * the research. Of one line at most 16 MiB are read.
   * @default "/api/research/{id}/logs"
   * @example "/research/{id}/log.json"
   */
  logsPath?: string;

  /**
   * Where it is asked for when `logsPath` answers 404: `{ logs: [...] }` or `{ progress_log: "[...]" }`.
   * @default "/history/logs/{id}"
   * @example "/research/{id}/history.json"
   */
  historyPath?: string;

  /**
   * Whether the server is made to store its log while live lines come: some servers, such as those of Local Deep Research, store
   * it only when they are asked for something, and lose what is more than 1,000 lines. So the status is asked for after 250 live
   * lines of a research, at most once a second, and after 15 s with fewer; not if anything else was asked about the research
   * meanwhile, or after the end. While somebody looks at a page that is connected, the status of one of its running researches is
   * asked for also without lines, when nothing else was asked for 15 s: a connection goes on after a sign-out, and only such an answer
   * tells (`refusal`, and a `warning`). Of any other answer the page hears nothing; a server that refuses or fails is asked less
   * often. It needs `fallback`.
   * @default true
   * @example false
   */
  flushLogs?: boolean;

  /**
   * After how much silence of a research over a live connection its status is asked for, 1000 to a day; twice as long
   * each further time, up to ten minutes. `false` or 0 for never. It needs `fallback`.
   * @default 60000
   * @example 120_000
   */
  stallAfter?: number | false;

  /**
   * How repeated messages are recognised.
   * @default { entries: 50000 }
   * @example { entries: 100_000 }
   */
  dedup?: DedupOptions;

  /**
   * How many log lines are kept per research, 0 or more; the oldest go first. Together they take at most 16 MB, as far as that can
   * be estimated, or 3.2 kB for each of more than 5000: of long lines fewer are kept.
   * @default 5000
   * @example 1000
   */
  maxLogs?: number;

  /**
   * Whether to connect at once. With `false` the client connects when {@link Client.connect} is called; what it subscribes to, listens
   * to and emits before waits for that. It shares no connection that is open by then.
   * @default true
   * @example false
   */
  autoConnect?: boolean;

  /**
   * How many bytes of emits may wait to be sent, 1 to 268,435,456, and how many those with an outstanding acknowledgement, at 256
   * each, may add before another one is refused with `BUFFER_FULL`. Emits without acknowledgement are never refused for
   * acknowledgements that do not come. Acknowledgements that the page gives may take as much again.
   * @default 16_777_216
   * @example 1_000_000
   */
  maxEmitBuffer?: number;

  /**
   * As in socket.io-client: a connection of its own, which no other call shares and which closes at once with its client.
   * @default false
   * @example true
   */
  forceNew?: boolean;

  /**
   * One connection for all tabs of the browser: browsers open six connections to a host for all tabs together, and each tab that
   * polls takes one of them for ever. Tabs share where origin, `url`, `path`, `namespace`, the options of the connection and the
   * version of the package are the same; one of them has the connection, and when it goes another one takes over, which is a
   * reconnection for the rest. Every tab still hears each line once, in order.
   *
   * - by itself: where the page gives no `auth`, `headers`, `query` or `forceNew`, so that only the cookies say who it is, which the
   *   tabs share too. The connection is in the name of whoever was signed in when a tab opened it, and each tab asks the server whether
   *   it may see what it follows. What is not about a research cannot be asked for so: a page that calls `emit`, or listens to such
   *   events, goes on alone.
   * - `true`: such a page shares too, since all tabs of the browser are the same person's.
   * - a name: also where it gives `auth`, `headers` or `query`; the page sees to it that all with this name are the same person.
   * - `false`: a connection of its own for each page.
   *
   * A page that cannot share (no `BroadcastChannel`), or to which the server does not show what it asks for over the other tab's
   * connection, goes on alone, without a word. {@link Stats.role} says who it is. With a value here `forceNew` is about other calls in the same page only.
   * @default true, unless `forceNew`, and until the page emits or listens to what is not about a research
   * @example false
   */
  share?: boolean | string;

  /**
   * The token for {@link Research.cancel}, sent to `url`.
   * @default the content of the page's `<meta name="csrf-token">`; none where `url` is of another origin than the page
   * @example () => document.forms[0].csrf_token.value
   */
  csrfToken?: string | (() => string | undefined | Promise<string | undefined>);

  /**
   * Closes the client when it aborts.
   * @default none
   * @example AbortSignal.timeout(3_600_000)
   */
  signal?: AbortSignal;

  /**
   * Hears what runs the core and of each state (`debug`, which the console of a browser shows only when it is asked to), and of
   * what was refused or has no effect (`warn`). Without one, the console is warned once if the page allows WebAssembly and its
   * file cannot be had.
   * @default none
   * @example console
   */
  logger?: Logger;
}

/** How the status is asked for while the connection cannot be had. */
export interface FallbackOptions {
  /**
   * The wait between an answer and the next request, 100 to a day. While the server gives no answer either, the second and each
   * further wait is up to twice as long as the one before, at most 20 s or this, and differs from page to page; answers make it
   * short again. After a connection that the server took up and dropped within 5 s one wait is two to four times this. It goes on over
   * a new connection until that brings an update; while the research does not go on, each wait is twice as long as the one before, and
   * one that would be as long as `stallAfter` is the last.
   * @default 3000
   * @example 10_000
   */
  interval?: number;

  /**
   * After how many failed attempts to connect it begins, 1 or more.
   * @default 3
   * @example 1
   */
  after?: number;

  /**
   * Where the status is; `{id}` stands for the id of the research.
   * @default "/api/research/{id}/status"
   * @example "/research/{id}/status.json"
   */
  statusPath?: string;

  /**
   * The same as {@link ConnectOptions.logsPath}, which counts if both are given.
   * @default "/api/research/{id}/logs"
   * @example "/research/{id}/log.json"
   */
  logsPath?: string;

  /**
   * How long one answer may take, 1 to a day.
   * @default 10000
   * @example 5000
   */
  timeout?: number;
}

/** How much is remembered to recognise what comes again. */
export interface DedupOptions {
  /**
   * How many log lines are remembered per research, 1 to 1,000,000. Each takes up to 100 bytes. Lines of a burst with more may be told twice.
   * @default 50000
   * @example 100_000
   */
  entries?: number;
}

/** A value, or a function that gives it when it is needed. */
export type Given<T> = T | (() => T | null | undefined | Promise<T | null | undefined>);

/** Names and values; what is `null` or `undefined` is left out. */
export type Pairs = Record<string, string | number | boolean | null | undefined>;

/** What `console` has, and loggers of one's own may have. */
export interface Logger {
  /** Hears what happens as it should. */
  debug?(message: string, detail?: unknown): void;
  /** Hears what somebody should look at. */
  warn?(message: string, detail?: unknown): void;
}

/** Takes a handler away again. More than one call does nothing. */
export type Undo = () => void;

/**
 * One client of a connection. `using client = await connect()` closes it at the end of the block.
 *
 * A handler that throws stops neither the others nor the connection: the error is shown as uncaught.
 */
export interface Client<ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents> {
  /**
   * Follows a research. The same id gives the same object; `7` and `"7"` are the same id. It works in every state: the
   * server is told as soon as it can be reached, and again after each reconnection.
   *
   * @param handler is called for each `update`
   * @throws `TypeError` for what is no {@link ResearchId}
   * @example client.subscribe("research-12345", (update) => console.log(update.progress))
   */
  subscribe(id: ResearchId, handler?: (update: Update) => void): Research;

  /**
   * Lets go of a research, however often it was subscribed to. The server is told half a second after the last client
   * has let go, unless one subscribes again meanwhile. Unknown ids do nothing.
   */
  unsubscribe(id: ResearchId): void;

  /**
   * Sends an event to the server. Until it can be sent it waits in a buffer of {@link ConnectOptions.maxEmitBuffer}. Binary data
   * (`ArrayBuffer`, typed arrays, `Blob`, `File`) may be anywhere in the arguments. What is emitted while a `Blob` is being read waits
   * behind it. The last argument may be a function: as in socket.io-client it is called with all values of the server's
   * acknowledgement, and never if none comes; with {@link timeout} it is called with an error or `null` before them. Of one that waited, and is larger than the server turns out
   * to take, the event `warning` tells (`emit-not-sent`).
   *
   * @throws {@link ResearchSocketError} with the code `BUFFER_FULL`, `PAYLOAD_TOO_LARGE`, `INVALID_ARGUMENT` (such as a name
   * that Socket.IO keeps for itself), `CLOSED`, `ABORTED` (closed by its signal) or `INTERNAL`
   * @returns itself
   * @example client.emit("hello", { from: "page" })
   * @example client.emit("vote", 7, (counted, total) => console.log(counted, total))
   */
  emit<Event extends EmitName<EmitEvents>>(event: Event, ...args: EmitArgs<EmitEvents, Event> | CallArgs<EmitEvents, Event>): this;

  /**
   * Sends an event and resolves with the first argument of the server's acknowledgement.
   * @example const answer = await client.timeout(5000).emitWithAck("hello")
   */
  emitWithAck<Event extends AskName<EmitEvents>>(
    event: Event,
    ...args: EmitArgs<EmitEvents, Event>
  ): Promise<Answer<EmitEvents, Event>>;

  /**
   * Limits how long the acknowledgement of the next emit may take. After that it fails with the code `TIMEOUT`: a function is called
   * with the error, a promise rejects.
   *
   * @example client.timeout(5000).emit("vote", 7, (error, counted) => show(error ?? counted))
   */
  timeout(milliseconds: number): TimedEmitter<EmitEvents, this>;

  /**
   * An emit that is dropped when it cannot be sent, instead of kept. It throws only for what is wrong with the call, such as a name
   * that is no text. Of one that is larger than the server takes the event `warning` tells (`emit-not-sent`).
   */
  readonly volatile: Emitter<EmitEvents, this>;

  /**
   * Adds a handler for one of the {@link ClientEvents} or for any event that the server sends. The same function is
   * registered once. For an event that wants an acknowledgement the last argument is the function that gives it: the first call
   * counts, also where several tabs share a connection and all hear the event, and none does once the session is another one. Binary
   * data comes as `Uint8Array`, alone in its `buffer`, in the arguments of events and acknowledgements, in every browser.
   *
   * @returns the undo
   * @example const undo = client.on("state", (state) => (badge.textContent = state.name))
   */
  on<Event extends ListenName<ListenEvents>>(event: Event, handler: ClientHandler<Event, ListenEvents>): Undo;

  /** Like {@link on}, for one time. */
  once<Event extends ListenName<ListenEvents>>(event: Event, handler: ClientHandler<Event, ListenEvents>): Undo;

  /** Takes a handler away; without one, all handlers of the event. */
  off<Event extends ListenName<ListenEvents>>(event: Event, handler?: ClientHandler<Event, ListenEvents>): void;

  /**
   * Events of the server, whatever they are called: here `state`, `warning` and the like are the server's, and not those of
   * {@link ClientEvents}.
   *
   * @example client.server.on("warning", (words) => panel.append(words))
   */
  readonly server: ServerEvents<ListenEvents>;

  /**
   * Adds a handler for every event of the server, before those for one: its name, then its arguments. Events about researches are
   * among them, as the server wrote them.
   *
   * @returns the undo
   * @example client.onAny((event, ...args) => console.log(event, args))
   */
  onAny(handler: AnyHandler): Undo;

  /** Like {@link onAny}, before all others. */
  prependAny(handler: AnyHandler): Undo;

  /** Takes a handler of {@link onAny} away; without one, all. */
  offAny(handler?: AnyHandler): void;

  /**
   * Adds a handler for every event that the page emits, in the moment in which it can leave: of one that waits for a connection, just
   * before `connect`.
   *
   * @returns the undo
   */
  onAnyOutgoing(handler: AnyHandler): Undo;

  /** Like {@link onAnyOutgoing}, before all others. */
  prependAnyOutgoing(handler: AnyHandler): Undo;

  /** Takes a handler of {@link onAnyOutgoing} away; without one, all. */
  offAnyOutgoing(handler?: AnyHandler): void;

  /** The same as `on("reconnect", handler)`. Subscriptions need no help: they are repeated by themselves. */
  onReconnect(handler: (attempt: number) => void): Undo;

  /**
   * Tries to connect now, instead of after the next wait or after having given up; or connects for the first time (`autoConnect:
   * false`), or again after {@link disconnect}.
   *
   * @returns itself
   */
  connect(): this;

  /**
   * Ends the connection for this client until {@link connect}. Researches with their state and log, handlers and streams stay; what
   * was emitted over a live connection is still sent, and what waits for one waits on. Acknowledgements of what was sent are given up
   * (`ABORTED`). The state is `stopped` meanwhile.
   *
   * @returns itself
   */
  disconnect(): this;

  /**
   * Ends this client: its researches, handlers and waiting acknowledgements; those of other clients go on. The connection
   * itself ends half a second after the last client that shares it; what was emitted over it before is still sent,
   * within two seconds. Its handlers hear the state `closed` and, if it was connected, `disconnect` with `io client disconnect`. More
   * than one call does nothing.
   */
  close(): void;

  /** The same as {@link close}, at the end of a block with `using`. */
  [Symbol.dispose](): void;

  /** The same object until it changes. */
  readonly state: ConnectionState;

  /** `state.name === "connected"` */
  readonly connected: boolean;

  /** Of the connection, as the server knows it: a new one with each, and `undefined` without one. */
  readonly id: string | undefined;

  /** `state.name === "fallback"`: updates come from asking for the status. */
  readonly usingFallback: boolean;

  /** Counts since the connection began, of all who share it. */
  stats(): Stats;

  /**
   * What has happened, as text to attach to a report: what the connection received and did since it began, and of a long run
   * the beginning and the newest part, at most 256 KiB each before and after a fault of the package. Developers run it again
   * as a test. Nothing of what anybody wrote is in it: of texts only their length and which are equal, of numbers from 1000 on
   * how long they are and which is larger. Words of the protocols, statuses, levels and times stay. Credentials, addresses, ids
   * and the arguments of the page's emits are not in it. What the connection did for others who share it is in it as well.
   *
   * @throws {@link ResearchSocketError} with the code `INTERNAL` in the moment in which the package starts again after a
   * fault: ask a moment later
   * @example navigator.clipboard.writeText(client.trace())
   */
  trace(): string;
}

/** Emits with a wish, such as {@link Client.volatile}. */
export interface Emitter<EmitEvents extends EventsMap, Owner> {
  /** As {@link Client.emit}. */
  emit<Event extends EmitName<EmitEvents>>(event: Event, ...args: EmitArgs<EmitEvents, Event> | CallArgs<EmitEvents, Event>): Owner;
  /** As {@link Client.emitWithAck}. */
  emitWithAck<Event extends AskName<EmitEvents>>(event: Event, ...args: EmitArgs<EmitEvents, Event>): Promise<Answer<EmitEvents, Event>>;
  /** As {@link Client.timeout}. */
  timeout(milliseconds: number): TimedEmitter<EmitEvents, Owner>;
  /** As {@link Client.volatile}. */
  readonly volatile: Emitter<EmitEvents, Owner>;
}

/** Emits with a limit for the acknowledgement. */
export interface TimedEmitter<EmitEvents extends EventsMap, Owner> {
  /** As {@link Client.emit}, but the function is called with an error, or `null`, before the values of the acknowledgement. */
  emit<Event extends EmitName<EmitEvents>>(event: Event, ...args: EmitArgs<EmitEvents, Event> | TimedCallArgs<EmitEvents, Event>): Owner;
  /** As {@link Client.emitWithAck}. */
  emitWithAck<Event extends AskName<EmitEvents>>(event: Event, ...args: EmitArgs<EmitEvents, Event>): Promise<Answer<EmitEvents, Event>>;
  /** As {@link Client.timeout}. */
  timeout(milliseconds: number): TimedEmitter<EmitEvents, Owner>;
  /** As {@link Client.volatile}. */
  readonly volatile: TimedEmitter<EmitEvents, Owner>;
}

/** Events of the server only. */
export interface ServerEvents<ListenEvents extends EventsMap> {
  /** As {@link Client.on}. */
  on<Event extends EmitName<ListenEvents>>(event: Event, handler: ListenEvents[Event]): Undo;
  /** As {@link Client.once}. */
  once<Event extends EmitName<ListenEvents>>(event: Event, handler: ListenEvents[Event]): Undo;
  /** As {@link Client.off}. */
  off<Event extends EmitName<ListenEvents>>(event: Event, handler?: ListenEvents[Event]): void;
}

/** Takes the name of an event, then its arguments. */
export type AnyHandler = (event: string, ...args: any[]) => void;

/**
 * A whole number, or a string of 1 to 256 characters. A number is the same as its digits: `7` and `"7"`. In an address it is
 * percent-encoded; one that could lead out of its place there all the same (`.`, `..`, `a/..`) is refused with a `TypeError`.
 */
export type ResearchId = string | number;

/**
 * - `connecting`: the first attempt
 * - `connected`: live
 * - `reconnecting`: lost or refused, and tried again after `delay`; `reason` says which
 * - `fallback`: the status is asked for by plain HTTP, and the connection is tried again: every 15 s at the latest if the server
 *   is down, every 30 s while the page is seen otherwise
 * - `offline`: the browser says that there is no network, and no connection proves it wrong; no attempt is counted. It is
 *   tried again when there is a network, when the page is seen, and every 30 s
 * - `stopped`: nothing more is tried by itself, since `reconnection` or `persistent` is `false`, or while the page is hidden in
 *   the back/forward cache or frozen, or before {@link Client.connect} after {@link Client.disconnect}; `reason` says why;
 *   {@link Client.connect} tries again
 * - `closed`: for good
 */
export type StateName = "connecting" | "connected" | "reconnecting" | "fallback" | "offline" | "stopped" | "closed";

/** What the event `connect` tells. */
export interface ConnectInfo {
  /** Of the connection, as the server calls it. */
  readonly id: string;
}

/** How the connection is doing, frozen. */
export interface ConnectionState {
  /** What is done about it; see {@link StateName}. */
  readonly name: StateName;
  /** Why it is not connected. */
  readonly reason?: ResearchSocketError;
  /** The number of the attempt, from 1; 0 for one that is not counted. */
  readonly attempt?: number;
  /** Milliseconds from this state to the next attempt. */
  readonly delay?: number;
}

/**
 * What each event of a client passes to its handlers. News of the connection overtake updates and log lines that still wait
 * for a slow page, which so shows at once that the connection is gone.
 */
export interface ClientEvents {
  /**
   * Live, with the connection's id. Also after each reconnection. A client that joins a connection which is live already is
   * not told: its {@link Client.connected} is true from the beginning.
   */
  connect: [info: ConnectInfo];
  /** The connection was lost, with Socket.IO's word for why. */
  disconnect: [reason: DisconnectReason, error: ResearchSocketError];
  /** An attempt has failed. */
  connect_error: [error: ResearchSocketError];
  /** An attempt begins. */
  reconnect_attempt: [attempt: number];
  /** Live again, or for the first time after attempts that failed. It comes before `connect`, as in socket.io-client. */
  reconnect: [attempt: number];
  /** All attempts are used up. The server is looked for now and then all the same; see {@link ConnectOptions.persistent}. */
  reconnect_failed: [error: ResearchSocketError];
  /** The state has changed. */
  state: [state: ConnectionState];
  /** The server named the search engine without saying for which research. */
  search_engine_selected: [payload: Record<string, unknown>];
  /**
   * A message was refused, in part or as a whole, or a research cannot be followed, and why. The rest goes on. With the
   * code `INTERNAL`: the package has failed by a fault of its own, and has started again.
   */
  warning: [warning: Warning];
}

/**
 * - `io server disconnect`: the server has ended it
 * - `io client disconnect`: the page has
 * - `ping timeout`: the server was not heard in time
 * - `transport close`, `transport error`: a request was ended or failed
 * - `parse error`: what came is no Socket.IO
 */
export type DisconnectReason =
  | "io server disconnect"
  | "io client disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error"
  | (string & {});

/** What runs the package's core: WebAssembly, or the same core as JavaScript where the page does not allow or get WebAssembly. */
export type Runtime = "wasm" | "js";

/**
 * What a page is to the other tabs that share its connection: it has the connection (`leader`), uses another tab's (`follower`), or
 * shares with nobody.
 */
export type Role = "leader" | "follower" | "alone";

/** What runs it, and counts since the connection began. */
export interface Stats {
  /**
   * `js` where the page's policy forbids WebAssembly, the browser has none, or its file cannot be had: larger to load and slower,
   * else the same.
   */
  readonly runtime: Runtime;
  /** What it is to the other tabs, with {@link ConnectOptions.share}. */
  readonly role: Role;
  /** HTTP requests. */
  readonly requests: number;
  /** Bytes of the answers, unpacked. */
  readonly bytesReceived: number;
  /** How often the connection became live. */
  readonly connects: number;
  /** Attempts to reconnect. */
  readonly attempts: number;
  /** Requests for the status of a research. */
  readonly statusChecks: number;
  /** Requests for the stored log of a research. */
  readonly historyRequests: number;
  /** Requests for a status because a research was silent for too long; they are among `statusChecks`. */
  readonly stallChecks: number;
  /** Requests for a status so that the server stores its log (`flushLogs`); they are among `statusChecks`. */
  readonly logFlushes: number;
  /**
   * Requests for a status to see whether the page is still signed in, since nothing else was asked for 15 s (`flushLogs`); they
   * are among `statusChecks`.
   */
  readonly signInChecks: number;
  /** Outages of which a `gap` told. */
  readonly gaps: number;
  /** Log lines that handlers heard of. */
  readonly lines: number;
  /** Those of them that came from the stored log. */
  readonly recovered: number;
  /** Log lines and updates that came again and were dropped. */
  readonly duplicates: number;
  /** What was refused; see the event `warning`. */
  readonly refused: number;
  /** Updates of researches that nobody here follows. */
  readonly unrequested: number;
  /** Events that no handler heard of, since too much waited for slow ones. Of log lines a `gap` tells, of the first other a `warning`. */
  readonly dropped: number;
}

/** One client's view of a research. */
export interface Research {
  /** Always a string. */
  readonly id: string;

  /** What is known now, frozen; the same object until something changes. */
  readonly state: ResearchState;

  /**
   * Resolves with the end, also when the research failed or was cancelled: see its `status`. Rejects only when the page
   * lets go before the end (`ABORTED`, `CLOSED`) or the client fails for good (`INTERNAL`). Unused, it does no harm.
   */
  readonly done: Promise<End>;

  /**
   * The log lines that are kept and then each new one, until the end of the research. Of a loop that is too slow as many lines
   * wait as may be kept, at least 1000; it loses the oldest, and `dropped` counts them.
   *
   * @param options.level only lines with this level, or one of these
   * @throws `TypeError` for a level that does not exist
   * @example for await (const entry of research.logs({ level: ["error", "milestone"] })) show(entry.message);
   */
  logs(options?: { level?: LogLevel | readonly LogLevel[] }): Stream<LogEntry>;

  /** Each update from now on, until the end of the research. For a slow loop 1000 wait, with 16 MB together; it loses the oldest. */
  updates(): Stream<Update>;

  /**
   * What it did when, as far as it is known now: from its updates and from the lines of its log, stored ones included. Of each kind the
   * first one and the newest are kept, 64 in all. After a fault of this package it begins with the lines that are kept.
   *
   * @example const [slowest] = research.timeline().phases.toSorted((a, b) => b.to - b.from - (a.to - a.from));
   */
  timeline(): Timeline;

  /**
   * Asks the server to terminate the research. Resolves when the server has agreed; the end follows as an event. The
   * request goes on when the page leaves or closes the client.
   * Rejects with a {@link ResearchSocketError}.
   */
  cancel(): Promise<void>;

  /** Asks the server for the status now, by plain HTTP. */
  refresh(): void;

  /** Lets go of the research. */
  unsubscribe(): void;

  /** The same as {@link unsubscribe}, at the end of a block with `using`. */
  [Symbol.dispose](): void;

  /**
   * @returns the undo
   * @example research.once("end", (end) => alert(end.status))
   */
  on<E extends keyof ResearchEvents>(event: E, handler: (value: ResearchEvents[E]) => void): Undo;

  /** Like {@link on}, for one time. */
  once<E extends keyof ResearchEvents>(event: E, handler: (value: ResearchEvents[E]) => void): Undo;

  /** Takes a handler away; without one, all handlers of the event. */
  off<E extends keyof ResearchEvents>(event: E, handler?: (value: ResearchEvents[E]) => void): void;
}

/** What each event of a research passes to its handlers. */
export interface ResearchEvents {
  /** A message of the server, validated. */
  update: Update;
  /** A log line, each once. */
  log: LogEntry;
  /** The status has changed. */
  status: {
    /** Now. */
    status: Status;
    /** Before; `null` for the first one that is known. */
    previous: Status | null;
  };
  /** What the research is doing has changed. */
  task: string;
  /** A step of an agent. */
  step: Step;
  /** The search engine has been chosen. */
  engine: Engine;
  /** Something failed. Often, but not always, the end follows. */
  failure: Failure;
  /**
   * Log lines were missed in an outage, or dropped because the page was too slow, or came in a message that was too large to be
   * read (`missing: null`). Of an outage it tells once the stored
   * log has been read twice, or cannot be read; not if no line was missed. That the server has lost a subscription over a
   * live connection, which `stallAfter` finds out, is an outage too.
   */
  gap: Gap;
  /**
   * The server does not show the research, or its log, to this page any more, and why; `null`: it does again. Told once for each. It is
   * noticed within 15 s while somebody looks at the page and the research runs, also if the connection goes on, which one does after
   * a sign-out; see {@link ConnectOptions.flushLogs}. After the end nobody asks any more.
   */
  refusal: Refusal | null;
  /**
   * The stored log was read to its end for the first time, and its lines were told: what the page has now is all that there was. Once;
   * who subscribes later finds it in {@link ResearchState.historyRead}. Not at all while the server does not show the log, or with
   * `history: false`. May come after the end.
   */
  history: undefined;
  /** The end, exactly once. A client that subscribes after the end hears of it too. */
  end: End;
}

/**
 * - `unauthorized`: whoever looks at the page is not signed in any more, or not allowed; or the question is redirected
 * - `not-found`: the server knows no such research
 */
export type Refusal = "unauthorized" | "not-found";

/** How a research is doing, in the words of the server. Those from `not_started` on come from older servers. */
export type Status =
  | "pending"
  | "queued"
  | "in_progress"
  | "completed"
  | "suspended"
  | "failed"
  | "error"
  | "cancelled"
  | "not_started"
  | "starting"
  | "searching"
  | "processing"
  | "analyzing"
  | "writing"
  | "reviewing";

/** A status after which nothing more comes. */
export type EndStatus = "completed" | "suspended" | "failed" | "error" | "cancelled";

/** How much a log line matters, as the server says or, where it does not, as its words tell. */
export type LogLevel =
  | "trace"
  | "debug"
  | "info"
  | "success"
  | "warning"
  | "error"
  | "critical"
  | "milestone";

/** Where something was learnt: from the connection, from asking for the status, or from the stored log. */
export type Source = "live" | "fallback" | "history";

/** The server's payload. What was known to be wrong is left out; what is not known is passed on untouched. */
export interface Update {
  /** Percent, 0 to 100. */
  readonly progress?: number;
  /** How the research is doing. */
  readonly status?: Status;
  /** What it is doing, in words for people. */
  readonly message?: string;
  /** What it is doing, in a word of the server such as `search` or `synthesis`. */
  readonly phase?: string;
  /** Whatever else the server sent. */
  readonly [field: string]: unknown;
}

/** A line of the log, with the fields that the server gave. */
export interface LogEntry {
  /** What happened, in words for people. */
  readonly message: string;
  /** How much it matters. */
  readonly level: LogLevel;
  /** As the server wrote it, usually ISO 8601; of lines from the stored log always, if its date can be read. */
  readonly time?: string;
  /** Where it came from. */
  readonly source: Source;
  /** Whatever else the server sent. */
  readonly [field: string]: unknown;
}

/** A step of an agent, with the fields that the server gave. */
export interface Step {
  /** The kind of the step, such as `thought`, `tool_call` or `observation`. */
  readonly phase?: string;
  /** What is done, in words for people. */
  readonly message?: string;
  /** What the agent thinks. */
  readonly thought?: string;
  /** The tool that it calls. */
  readonly tool?: string;
  /** What it calls the tool with. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** What it has found. */
  readonly content?: string;
  /** The round that it belongs to, as the server counts. */
  readonly iteration?: number;
  /** Whatever else the server sent. */
  readonly [field: string]: unknown;
}

/** The search engine of a research. */
export interface Engine {
  /** As the server calls it. */
  readonly name: string;
  /** How many results it gave, if the server said. */
  readonly resultCount?: number | null;
}

/** What went wrong on the server, in words for people. */
export interface Failure {
  /** The server's word for the kind, such as `timeout`, `token_limit`, `rate_limit`, `synthesis_error`, `failed`. */
  readonly code: string;
  /** @example "API Rate Limit Reached" */
  readonly title: string;
  /** What it means and what to do. */
  readonly text: string;
  /** The server's own words. */
  readonly detail: string | null;
  /** What the server suggests to do. */
  readonly suggestion: string | null;
}

/** Log lines that were missed: how many came later after all, and how many are lost. */
export interface Gap {
  /**
   * When the server was heard last before the gap, as of `Date.now()`; where the stored log could not be read from the
   * beginning, when the page began to follow the research.
   */
  readonly from: number;
  /** When it was heard again, or the log was given up, as of `Date.now()`. */
  readonly to: number;
  /** How many of the lines came later after all. */
  readonly recovered: number;
  /** How many are known to be lost; `null` if nobody can tell. */
  readonly missing: number | null;
}

/** How a research ended. */
export interface End {
  /** Whether it was completed, stopped or has failed. */
  readonly status: EndStatus;
  /** The server's last words. */
  readonly message: string | null;
  /** Percent, 0 to 100: 100 when completed, else what was reached. */
  readonly progress: number | null;
  /** The server's own words for why it failed. For people the event `failure`, which comes first, has better ones. */
  readonly error?: string | null;
  /** When this page heard of it, as of `Date.now()`. */
  readonly at?: number;
  /** Where the page learnt of it. */
  readonly source: Source;
}

/**
 * What a research did when, oldest first. Times are in milliseconds since the epoch by the server's clock: what a line of the log says
 * is when it says that it was written, to the second for lines from the stored log; all else came when this page heard of it, less what
 * the page's clock is ahead of the newest live line.
 */
export interface Timeline {
  /** The server's own words for what it was doing. Updates say them, which are not stored: there is none from before the page was opened. */
  readonly phases: readonly Phase[];
  /** Lines of the log with the level `milestone`. */
  readonly milestones: readonly {
    /** The beginning of the line, at most 200 bytes. */
    readonly message: string;
    /** When it was written. */
    readonly at: number;
  }[];
  /** Each is more than the one before. */
  readonly progress: readonly {
    /** 0 to 100. */
    readonly percent: number;
    /** Since when. */
    readonly at: number;
  }[];
  /** Search engines that were chosen. */
  readonly engines: readonly {
    /** As the server calls it. */
    readonly name: string;
    /** How many results it gave, if the server said. */
    readonly resultCount: number | null;
    /** When. */
    readonly at: number;
  }[];
  /** Lines of the log with the level `error` or `critical`, and failures by their titles. What is repeated is one. */
  readonly errors: readonly {
    /** The beginning of it, at most 200 bytes. */
    readonly message: string;
    /** When. */
    readonly at: number;
  }[];
  /** When the first of all this was; `null` while there is none. */
  readonly from: number | null;
  /** When there was something last, lines of any level included; `null` while there was none. */
  readonly newest: number | null;
  /** When it ended; as `newest` if it had ended before the page heard of it. `null` while it runs. */
  readonly to: number | null;
  /** How many there was no room for: those that lasted shortest. */
  readonly dropped: number;
}

/** A time in which a research did one thing. */
export interface Phase {
  /** In the server's own word, at most 200 bytes. */
  readonly phase: string;
  /** When it began. */
  readonly from: number;
  /** When the next one began, or the research ended; `null` while it lasts. */
  readonly to: number | null;
}

/**
 * How long a research may still take until its progress is 100, in milliseconds.
 *
 * There are two paces: that since the first progress, and that of the later half of the time since then. `min` is what is left at the
 * faster one, less a part of 1/√n, where progress has risen n times; `max` what is left at the slower one, and as large a part more. So the
 * range is the wider the fewer times progress has risen and the less evenly, and grows while it stands still. There is none before the
 * third time, at 100 percent, after the end, where `max` would be more than a day, or more than six times `min`.
 */
export interface TimeLeft {
  /** At the best. */
  readonly min: number;
  /** At the worst. */
  readonly max: number;
}

/** Everything known of a research. `null` is "not known". */
export interface ResearchState {
  /** Always a string. */
  readonly id: string;
  /** How it is doing. */
  readonly status: Status | null;
  /** Percent, 0 to 100; never goes backwards. */
  readonly progress: number | null;
  /** The server's newest words. */
  readonly message: string | null;
  /** What it is doing, for people. */
  readonly currentTask: string | null;
  /** What it is doing, in a word of the server. */
  readonly phase: string | null;
  /** The server's newest words for what went wrong; the event `failure` has words for people. */
  readonly error: string | null;
  /** The search engine that was chosen. */
  readonly engine: Engine | null;
  /** Its place in the server's queue, as the server counts. */
  readonly queuePosition: number | null;
  /**
   * Why the server does not show the research, or its log, to this page now; `null` as long as it does, as far as is known, and with
   * `fallback: false`. See the event `refusal`.
   */
  readonly refusal: Refusal | null;
  /**
   * Whether the stored log has been read to its end at least once: until then lines from before the page was opened may still come. An
   * outage, or a log that cannot be read any more, changes nothing of it; of those tells the event `gap`.
   */
  readonly historyRead: boolean;
  /** The newest lines, oldest first, at most `maxLogs`, and fewer if they are long. */
  readonly logs: readonly LogEntry[];
  /**
   * How many older lines are no longer in `logs`. `droppedLogs + n` is the number of `logs[n]`, from 0, and stays the same for as long as
   * the research is followed: a key for a list. A page that is loaded anew counts anew.
   */
  readonly droppedLogs: number;
  /** As of `Date.now()`. */
  readonly startedAt: number | null;
  /** As of `Date.now()`. */
  readonly updatedAt: number | null;
  /** How long it may still take, as of its newest update; `null` while nobody can honestly say. */
  readonly estimatedTimeLeft: TimeLeft | null;
  /** Where the newest of this was learnt. */
  readonly source: Source | null;
}

/** What `for await` reads. */
export interface Stream<T> extends AsyncIterableIterator<T> {
  /** How many items were dropped because the loop was too slow. */
  readonly dropped: number;
  /** Ends it; a loop does so by itself when it is left. */
  return(): Promise<IteratorResult<T, undefined>>;
  /** Itself. */
  [Symbol.asyncIterator](): Stream<T>;
}

/**
 * - `ABORTED`: the page let go (its signal, unsubscribing, leaving), or its function for credentials failed
 * - `BUFFER_FULL`: more bytes wait to be sent, or acknowledged, than `maxEmitBuffer` allows. Of `emitWithAck` also: too much waits
 *   for slow handlers, and the server's answer was dropped
 * - `CLOSED`: the client is closed
 * - `DISCONNECTED`: the connection was lost before the answer came, or the server ended it
 * - `INTERNAL`: a fault of this package, which has started again by itself, and what was being sent is lost; or has stopped
 *   for good, and the client is closed: reload the page. Report it in any case
 * - `INVALID_ARGUMENT`: the page gave something that cannot be sent
 * - `LOAD_FAILED`: the core could not be fetched, neither as WebAssembly nor as JavaScript; calling `connect()` again tries again
 * - `NOT_FOUND`: wrong `path`, or, of `cancel()`, no such research or a wrong `terminatePath`
 * - `ORIGIN_REFUSED`: the server does not accept the page's origin, such as behind a proxy that changes `Host`
 * - `PAYLOAD_TOO_LARGE`: more than the server takes in one message, or more than is read of an answer to a handshake or a POST
 * - `POLLING_REFUSED`: the server has long-polling switched off
 * - `PROTOCOL`: what answered does not speak Socket.IO, or speaks it wrongly
 * - `PROTOCOL_VERSION`: a server of Socket.IO 2, or one that does not take the protocol of Socket.IO 3 and 4
 * - `SERVER`: the server, or a proxy before it, reports a fault
 * - `STICKY_SESSION`: several workers without sticky sessions: see to the server's set-up
 * - `THROTTLED`: the server asks to wait
 * - `TIMEOUT`: no answer in time
 * - `TRANSPORT`: the network failed
 * - `UNAUTHORIZED`: not signed in, or not allowed; a redirect of a request with headers or data, which is not followed
 * - `UNSUPPORTED`: there is no browser, as on a server that renders the page, or in a test runner whose document has no `fetch`;
 *   the message says what is missing
 */
export type ErrorCode =
  | "ABORTED"
  | "BUFFER_FULL"
  | "CLOSED"
  | "DISCONNECTED"
  | "INTERNAL"
  | "INVALID_ARGUMENT"
  | "LOAD_FAILED"
  | "NOT_FOUND"
  | "ORIGIN_REFUSED"
  | "PAYLOAD_TOO_LARGE"
  | "POLLING_REFUSED"
  | "PROTOCOL"
  | "PROTOCOL_VERSION"
  | "SERVER"
  | "STICKY_SESSION"
  | "THROTTLED"
  | "TIMEOUT"
  | "TRANSPORT"
  | "UNAUTHORIZED"
  | "UNSUPPORTED";

/** What every rejection and every event about an error carries. */
export class ResearchSocketError extends Error {
  constructor(code: ErrorCode, message: string, details?: { cause?: unknown; [detail: string]: unknown });
  /** Also where the code was minified. */
  readonly name: "ResearchSocketError";
  /** Stable; the message is for people and may change. */
  readonly code: ErrorCode;
  /** What it came from, where that is known. */
  readonly cause?: unknown;
  /**
   * What the server sent beside its message when it refused the namespace (CONNECT_ERROR): the `data` of an `Error` in socket.io,
   * further arguments of `ConnectionRefusedError` in Python. Up to 16 kB of JSON.
   */
  readonly data?: unknown;
}

/** Something that did not work out, mostly a message of the server that was refused. What could be used of it was used. */
export interface Warning {
  /** Stable; the message is for people and may change. */
  readonly code: WarningCode;
  /** For a refused field: which one, what was expected and what came. */
  readonly message: string;
  /** The id of the research that it was for, where that is known. */
  readonly research?: string | null;
  /** The beginning of what was refused. */
  readonly excerpt?: string;
  /** With the code `INTERNAL`: what the module said or threw. */
  readonly cause?: unknown;
}

/**
 * - `INTERNAL`: a fault of this package. It has started again and subscribed again; subscriptions, handlers and promises are
 *   the same as before, only what waited for an answer was rejected. Please report it, with {@link Client.trace}
 * - `ack-not-sent`: an acknowledgement of the page found no connection, or another one than the event came over, or more that wait for the server than `maxEmitBuffer` allows
 * - `damaged-answer`: an answer about the status, or a stored log, that is no text; a status that is no JSON object
 * - `damaged-packet`, `not-json`, `not-an-object`: what came cannot be read
 * - `emit-not-sent`: an emit that waited for a connection, or a volatile one, is larger than the server takes; or one has a `Blob` that
 *   cannot be read
 * - `not-finite`: the server writes `NaN` or `Infinity` where JSON has no such numbers, as Python does by default; all of them
 *   are read as `null`, and told of once for each connection
 * - `not-found`: the server knows no such research
 * - `out-of-range`, `unknown-value`, `wrong-type`: a field that was left out
 * - `page-too-slow`: too much waited for slow handlers, and something other than log lines was dropped; told once, `stats()` counts
 * - `too-large`: a packet, or a line of a stored log, with more than 16 MiB; an answer about the status with more than 32 MiB
 * - `too-many-entries`: a log in an update of which only the newest lines were used
 * - `unheard`: the research has gone on again and again, and the server sent nothing of it, though it took the subscription, and over
 *   another session neither. Several workers that have no message queue do that
 * - `unauthorized`: the server does not let this page follow it; that it does again the event `refusal` tells
 */
export type WarningCode =
  | "INTERNAL"
  | "ack-not-sent"
  | "damaged-answer"
  | "damaged-packet"
  | "emit-not-sent"
  | "not-an-object"
  | "not-finite"
  | "not-found"
  | "not-json"
  | "out-of-range"
  | "page-too-slow"
  | "too-large"
  | "too-many-entries"
  | "unauthorized"
  | "unheard"
  | "unknown-value"
  | "wrong-type";

/**
 * A research as a store for Svelte components: one for each part, which changes only with that part, at most once a frame. They are
 * what Svelte asks of a store, in each of its versions from 3 on.
 *
 * ```svelte
 * <script>
 *   import { research, researchLog } from "research-socket/svelte";
 *
 *   const progress = research("research-12345");
 *   const lines = researchLog("research-12345", { tail: 100 });
 * </script>
 *
 * <progress max="100" value={$progress.state.progress}></progress>
 * <p>{$progress.end?.status ?? $progress.state.currentTask}</p>
 * {#each $lines as line}<p>{line.message}</p>{/each}
 * ```
 *
 * All share one connection, as calls of `connect()` do, from the first subscription until half a second after the last. On a server
 * they are what is not known yet, and nothing is asked for. A wrong id or option is an uncaught error, and `connection.reason`.
 *
 * @module research-socket/svelte
 */

import type { Client, ConnectOptions, LogEntry, ResearchId } from "./index.js";
import type { ConnectionSnapshot, FollowOptions, LogOptions, ResearchSnapshot } from "./stores.js";

export type { ConnectionSnapshot, FollowOptions, LogOptions, ResearchSnapshot } from "./stores.js";

/** What Svelte calls a store that is read. */
export interface Store<T> {
  /** Calls `run` with what it is now, and after each change; what it returns ends that. */
  subscribe(run: (value: T) => void): () => void;
}

/**
 * Follows a research but for its log, as long as somebody is subscribed.
 *
 * @param id of the research; with `null` or `undefined` nothing is followed
 * @param options of `connect()`
 *
 * @example const progress = research("research-12345");
 */
export function research(id: ResearchId | null | undefined, options?: FollowOptions): Store<ResearchSnapshot>;

/**
 * The newest lines of the log, oldest first.
 *
 * @param id of the research; with `null` or `undefined` nothing is followed
 * @param options how many, of which levels, and those of `connect()`
 *
 * @example const errors = researchLog("research-12345", { tail: 20, level: "error" });
 */
export function researchLog(id: ResearchId | null | undefined, options?: LogOptions): Store<readonly LogEntry[]>;

/**
 * How the connection is doing, whatever is followed over it.
 *
 * @param options of `connect()`; with those of the others it is the same connection
 *
 * @example const network = connection();
 */
export function connection(options?: FollowOptions): Store<ConnectionSnapshot>;

/**
 * The same over another `connect`, such as one of your own that adds options.
 *
 * @example const { research } = createStores((options) => connect({ url: "https://research.example.org", ...options }));
 */
export function createStores(connect: (options?: ConnectOptions) => Promise<Client>): Stores;

/** The stores over a `connect` of the page's own. */
export interface Stores {
  /** As {@link research}. */
  research: typeof research;
  /** As {@link researchLog}. */
  researchLog: typeof researchLog;
  /** As {@link connection}. */
  connection: typeof connection;
}

/** What the entry points for React, Vue and Svelte have in common. */

import type { Client, ConnectionState, ConnectOptions, End, Failure, Gap, LogLevel, Research, ResearchState } from "./index.js";

/** As for `connect()`; the component itself says how long the connection is needed. */
export type FollowOptions = Omit<ConnectOptions, "signal">;

/** Which lines of a log are shown. */
export interface LogOptions extends FollowOptions {
  /**
   * How many lines at most, the newest ones; of those that are kept, see `maxLogs`.
   * @default 500
   */
  tail?: number;

  /**
   * Only those with this level, or one of these.
   * @default all
   */
  level?: LogLevel | readonly LogLevel[];
}

/** What is known of a research but for its log, and its connection, frozen. */
export interface ResearchSnapshot {
  /** Everything known of the research; its `refusal` says whether the server still shows it to this page. All fields are there from the beginning, `null` while they are not known. */
  readonly state: Omit<ResearchState, "logs" | "droppedLogs">;

  /**
   * How the connection is doing: `connecting` at first, and `closed` without an id. Where `connect()` has failed it is
   * `stopped`, and `reason` says why: with a `connect` of your own that is what it threw. A component that is mounted then, or
   * anew, tries again.
   */
  readonly connection: ConnectionState;

  /** How the research ended, once it did. */
  readonly end: End | null;

  /** What failed last on the server, in words for people. */
  readonly failure: Failure | null;

  /** The last time that lines of the log were lost, or may be: an outage, a page that was too slow, a message that was too large. */
  readonly gap: Gap | null;

  /** For `cancel()`, `refresh()` and handlers of one's own; `null` until the module is loaded. */
  readonly research: Research | null;

  /** For `connect()` and `emit()`; `null` until the module is loaded. The component closes it. */
  readonly client: Client | null;
}

/** How a connection is doing, frozen. */
export interface ConnectionSnapshot {
  /** As {@link ResearchSnapshot.connection}. */
  readonly connection: ConnectionState;

  /** For `connect()` and `emit()`; `null` until the module is loaded. The component closes it. */
  readonly client: Client | null;
}

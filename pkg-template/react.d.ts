/**
 * A research as the state of a React component: one hook for each part, which renders only for that part. Needs React 18 or newer.
 *
 * ```jsx
 * import { useResearch, useResearchLog } from "research-socket/react";
 *
 * function Progress({ id }) {
 *   const { state, connection, end, research } = useResearch(id);
 *   return (
 *     <section>
 *       <progress max="100" value={state.progress ?? undefined} />
 *       <p>{end ? end.status : state.currentTask}</p>
 *       {connection.name !== "connected" && <p>{connection.reason?.message ?? connection.name}</p>}
 *       {state.refusal === "unauthorized" && <p>Sign in again, in another tab: this page goes on by itself.</p>}
 *       <button disabled={!research || end !== null} onClick={() => research.cancel()}>Cancel</button>
 *       <Log id={id} />
 *     </section>
 *   );
 * }
 *
 * function Log({ id }) {
 *   const lines = useResearchLog(id, { tail: 100, level: ["milestone", "error"] });
 *   return <ol>{lines.map(({ message }, index) => <li key={index}>{message}</li>)}</ol>;
 * }
 * ```
 *
 * Hooks of all components share one connection, as calls of `connect()` do, which stays for half a second (StrictMode, a change of
 * route, hot reload). Each knows nothing at its first rendering, since somebody else may have signed in, and shows a research as soon
 * as the server shows it. A component belongs to whoever was signed in when it was mounted: if it can stay mounted when somebody else
 * signs in, give it a `key` that names the person. On a server they render what is not known yet, and ask for nothing.
 *
 * Options are compared by what they say, so they may be written where the hook is called; other ones make another connection.
 * Functions of one component count as the same, and the newest one is called. All throw `TypeError` or `RangeError` while rendering for
 * a wrong id or option, which an error boundary can show.
 *
 * @module research-socket/react
 */

import type { Client, ConnectOptions, LogEntry, ResearchId } from "./index.js";
import type { ConnectionSnapshot, FollowOptions, LogOptions, ResearchSnapshot } from "./stores.js";

export type { ConnectionSnapshot, FollowOptions, LogOptions, ResearchSnapshot } from "./stores.js";

/**
 * Follows a research but for its log, as long as the component is there, and renders it anew when something changes, at most once a
 * frame.
 *
 * @param id of the research; with `null` or `undefined` nothing is followed
 * @param options of `connect()`
 * @returns the same object until something changes
 *
 * @example const { state } = useResearch(id, { path: "/ws/socket.io" });
 */
export function useResearch(id: ResearchId | null | undefined, options?: FollowOptions): ResearchSnapshot;

/**
 * The newest lines of the log, oldest first, anew when one comes, at most once a frame.
 *
 * @param id of the research; with `null` or `undefined` nothing is followed
 * @param options how many, of which levels, and those of `connect()`
 * @returns the same array until a line comes
 *
 * @example const errors = useResearchLog(id, { tail: 20, level: "error" });
 */
export function useResearchLog(id: ResearchId | null | undefined, options?: LogOptions): readonly LogEntry[];

/**
 * How the connection is doing, whatever is followed over it.
 *
 * @param options of `connect()`; with those of the other hooks it is the same connection
 *
 * @example const { connection, client } = useConnection();
 */
export function useConnection(options?: FollowOptions): ConnectionSnapshot;

/**
 * As {@link useResearch}, but the `<Suspense>` around the component shows its fallback until there is something to show: what is
 * known, that the server does not show it, or why nothing can be had. A server renders the fallback.
 *
 * @example <Suspense fallback="…"><Progress id={id} /></Suspense>
 */
export function useSuspenseResearch(id: ResearchId, options?: FollowOptions): ResearchSnapshot;

/**
 * The same hooks over another `connect`, such as one of your own that adds options. Call it once, not in a component.
 *
 * @example const { useResearch } = createHooks((options) => connect({ url: "https://research.example.org", ...options }));
 */
export function createHooks(connect: (options?: ConnectOptions) => Promise<Client>): Hooks;

/** The hooks over a `connect` of the page's own. */
export interface Hooks {
  /** As {@link useResearch}. */
  useResearch: typeof useResearch;
  /** As {@link useResearchLog}. */
  useResearchLog: typeof useResearchLog;
  /** As {@link useConnection}. */
  useConnection: typeof useConnection;
  /** As {@link useSuspenseResearch}. */
  useSuspenseResearch: typeof useSuspenseResearch;
}

/**
 * A research as the state of a React component. Needs React 18 or newer.
 *
 * ```jsx
 * import { useResearch } from "research-socket/react";
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
 *     </section>
 *   );
 * }
 * ```
 *
 * @module research-socket/react
 */

import type { Client, ConnectionState, ConnectOptions, End, Failure, Gap, Research, ResearchId, ResearchState } from "./index.js";

/**
 * Follows a research as long as the component is there, and renders it anew when something changes, at most once a frame.
 *
 * Components share one connection, as calls of `connect()` do, which stays for half a second (StrictMode, a change of route, hot
 * reload). Each knows nothing at its first rendering, since somebody else may have signed in, and shows a research as soon as the
 * server shows it. A component belongs to whoever was signed in when it was mounted: if it can stay mounted when somebody else signs
 * in, give it a `key` that names the person. On a server it renders what is not known yet, and asks for nothing.
 *
 * @param id of the research; with `null` or `undefined` nothing is followed
 * @param options of `connect()`. They are compared by what they say, so they may be written where the hook is called; other
 *   ones make another connection. Functions of one component count as the same, and the newest one is called
 * @returns the same object until something changes
 * @throws while rendering: `TypeError` or `RangeError` for a wrong id or option, which an error boundary can show
 *
 * @example const { state } = useResearch(id, { path: "/ws/socket.io", auth: () => ({ token }) });
 */
export function useResearch(id: ResearchId | null | undefined, options?: UseResearchOptions): ResearchSnapshot;

/**
 * The same hook over another `connect`, such as one of your own that adds options. Call it once, not in a component.
 *
 * @example const useResearch = createUseResearch((options) => connect({ url: "https://research.example.org", ...options }));
 */
export function createUseResearch(connect: (options?: ConnectOptions) => Promise<Client>): typeof useResearch;

/** As for `connect()`; the component itself says how long the connection is needed. */
export type UseResearchOptions = Omit<ConnectOptions, "signal">;

/** What is known of a research and its connection, frozen. */
export interface ResearchSnapshot {
  /** Everything known of the research; its `refusal` says whether the server still shows it to this page. All fields are there from the beginning, `null` while they are not known. */
  readonly state: ResearchState;

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

/**
 * A research as refs for a Vue component: one composable for each part, which changes only with that part, at most once a frame. Needs
 * Vue 3.3 or newer.
 *
 * ```vue
 * <script setup>
 * import { useResearch, useResearchLog } from "research-socket/vue";
 *
 * const props = defineProps(["id"]);
 * const research = useResearch(() => props.id);
 * const lines = useResearchLog(() => props.id, { tail: 100 });
 * </script>
 *
 * <template>
 *   <progress max="100" :value="research.state.progress" />
 *   <p>{{ research.end?.status ?? research.state.currentTask }}</p>
 *   <p v-for="line in lines">{{ line.message }}</p>
 * </template>
 * ```
 *
 * All share one connection, as calls of `connect()` do, which stays for half a second after the last scope is gone. On a server they
 * are what is not known yet, and nothing is asked for. A wrong id or option throws `TypeError` or `RangeError` where the ref is read.
 *
 * @module research-socket/vue
 */

import type { ComputedRef, MaybeRefOrGetter } from "vue";
import type { Client, ConnectOptions, LogEntry, ResearchId } from "./index.js";
import type { ConnectionSnapshot, FollowOptions, LogOptions, ResearchSnapshot } from "./stores.js";

export type { ConnectionSnapshot, FollowOptions, LogOptions, ResearchSnapshot } from "./stores.js";

/**
 * Follows a research but for its log, as long as the scope is there.
 *
 * @param id of the research, or a ref or a function of it; with `null` or `undefined` nothing is followed
 * @param options of `connect()`, or a ref or a function of them
 *
 * @example const research = useResearch("research-12345");
 */
export function useResearch(id: MaybeRefOrGetter<ResearchId | null | undefined>, options?: MaybeRefOrGetter<FollowOptions | undefined>): ComputedRef<ResearchSnapshot>;

/**
 * The newest lines of the log, oldest first.
 *
 * @param id of the research, or a ref or a function of it; with `null` or `undefined` nothing is followed
 * @param options how many, of which levels, and those of `connect()`
 *
 * @example const errors = useResearchLog(() => props.id, { tail: 20, level: "error" });
 */
export function useResearchLog(id: MaybeRefOrGetter<ResearchId | null | undefined>, options?: MaybeRefOrGetter<LogOptions | undefined>): ComputedRef<readonly LogEntry[]>;

/**
 * How the connection is doing, whatever is followed over it.
 *
 * @param options of `connect()`; with those of the others it is the same connection
 *
 * @example const network = useConnection();
 */
export function useConnection(options?: MaybeRefOrGetter<FollowOptions | undefined>): ComputedRef<ConnectionSnapshot>;

/**
 * The same over another `connect`, such as one of your own that adds options.
 *
 * @example const { useResearch } = createComposables((options) => connect({ url: "https://research.example.org", ...options }));
 */
export function createComposables(connect: (options?: ConnectOptions) => Promise<Client>): Composables;

/** The composables over a `connect` of the page's own. */
export interface Composables {
  /** As {@link useResearch}. */
  useResearch: typeof useResearch;
  /** As {@link useResearchLog}. */
  useResearchLog: typeof useResearchLog;
  /** As {@link useConnection}. */
  useConnection: typeof useConnection;
}

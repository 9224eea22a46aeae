// What research-socket/react allows and refuses. Compiled, never run.

import { connect } from "research-socket";
import { createUseResearch, useResearch } from "research-socket/react";

const { state, connection, end, failure, research, client } = useResearch("research-12345");
const percent: number | null = state.progress;
const name: "connecting" | "connected" | "reconnecting" | "fallback" | "offline" | "stopped" | "closed" = connection.name;
if (end?.status === "completed") console.log(percent, name, failure?.title);
void research?.cancel();
client?.emit("hello");

useResearch(7, { path: "/ws/socket.io", auth: async () => ({ token: "t" }), logger: console });
useResearch(null);
useResearch(undefined, undefined);

const useOurs: typeof useResearch = createUseResearch((options) => connect({ ...options, url: "https://research.example.org" }));
useOurs(7);

// @ts-expect-error: an id is needed, though it may be null
useResearch();
// @ts-expect-error: the component says how long it lasts
useResearch(7, { signal: new AbortController().signal });
// @ts-expect-error: no such option
useResearch(7, { reconnect: true });
// @ts-expect-error: it is null before the module is loaded
research.cancel();
// @ts-expect-error: a snapshot cannot be changed
state.progress = 7;
// @ts-expect-error: no such status
if (end?.status === "done") console.log();

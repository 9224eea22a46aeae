// What research-socket/react allows and refuses. Compiled, never run.

import { connect } from "research-socket";
import { createHooks, useConnection, useResearch, useResearchLog, useSuspenseResearch } from "research-socket/react";

const { state, connection, end, failure, research, client } = useResearch("research-12345");
const percent: number | null = state.progress;
const name: "connecting" | "connected" | "reconnecting" | "fallback" | "offline" | "stopped" | "closed" = connection.name;
if (end?.status === "completed") console.log(percent, name, failure?.title);
void research?.cancel();
client?.emit("hello");

useResearch(7, { path: "/ws/socket.io", auth: async () => ({ token: "t" }), logger: console });
useResearch(null);
useResearch(undefined, undefined);

const ours = createHooks((options) => connect({ ...options, url: "https://research.example.org" }));
ours.useResearch(7).research?.refresh();

const [line] = useResearchLog(7, { tail: 20, level: ["error", "milestone"], timeout: 5000 });
const words: string | undefined = line?.message;
const known: number | null = useSuspenseResearch(7).state.progress;
useConnection({ path: "/ws/socket.io" }).client?.connect();
console.log(words, known);

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
// @ts-expect-error: the log is a hook of its own
void state.logs;
// @ts-expect-error: no such level
useResearchLog(7, { level: "loud" });
// @ts-expect-error: there is nothing to wait for
useSuspenseResearch(null);

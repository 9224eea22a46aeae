// What a page that is checked strictly may write, and what it may not. Never run, only compiled.

import {
  ResearchSocketError,
  connect,
  type Client,
  type ConnectOptions,
  type ConnectionState,
  type End,
  type EndStatus,
  type ErrorCode,
  type Failure,
  type LogEntry,
  type Research,
  type ResearchState,
  type TimeLeft,
  type StateName,
  type Status,
  type Stream,
  type Undo,
  type Update,
} from "research-socket";

/** True only for exactly the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(holds: Same<A, B>): void;

// --- connect ---

const client: Client = await connect();
await connect({});
await connect({ url: new URL("https://a.example"), path: "/ws/socket.io", namespace: "/admin" });
await connect({
  reconnection: true,
  reconnectionAttempts: Infinity,
  persistent: false,
  reconnectionDelay: 1,
  reconnectionDelayMax: 2,
  randomizationFactor: 0,
  timeout: 3,
  withCredentials: true,
  maxLogs: 10,
  dedup: { entries: 10 },
});
await connect({ fallback: false });
await connect({ autoConnect: false, maxEmitBuffer: 1_000_000 });
await connect({ fallback: { interval: 1, after: 2, statusPath: "/s/{id}", timeout: 5 }, terminatePath: "/t/{id}" });
await connect({ auth: { token: "t" }, headers: { a: "b" }, query: { c: 1, d: undefined } });
await connect({ auth: () => ({ token: "t" }), headers: async () => new Headers(), query: () => new URLSearchParams() });
await connect({ auth: () => null, csrfToken: "t", signal: AbortSignal.timeout(1), logger: console });
await connect({ csrfToken: async () => "t", logger: { warn: (message) => same<typeof message, string>(true) } });

// @ts-expect-error a number is no address
await connect({ url: 7 });
// @ts-expect-error there is no such option
await connect({ reconnectionAttemps: 7 });
// @ts-expect-error only `false` switches it off
await connect({ fallback: true });
// @ts-expect-error milliseconds are a number
await connect({ timeout: "20s" });
// @ts-expect-error not a text
await connect({ auth: "token" });
// @ts-expect-error not what it returns either
await connect({ auth: () => "token" });
// @ts-expect-error the connection comes as a promise
connect().subscribe(7);
same<Parameters<typeof connect>[0], ConnectOptions | undefined>(true);

// --- client ---

const research: Research = client.subscribe("research-12345");
client.subscribe(7, (update) => same<typeof update, Update>(true));
client.unsubscribe(7);
// @ts-expect-error an id is a text or a number
client.subscribe({});

const undo: Undo = client.on("connect", ({ id }) => same<typeof id, string>(true));
undo();
client.on("disconnect", (reason, error) => {
  if (reason === "ping timeout") same<typeof error, ResearchSocketError>(true);
});
client.on("connect_error", (error) => same<typeof error.code, ErrorCode>(true));
client.on("reconnect_attempt", (attempt) => same<typeof attempt, number>(true));
client.once("reconnect", (attempt) => attempt.toFixed());
client.on("reconnect_failed", (error) => error.cause);
client.on("state", (state) => same<typeof state, ConnectionState>(true));
client.on("search_engine_selected", (payload) => payload.engine);
client.on("warning", (warning) => {
  if (warning.code === "wrong-type") warning.excerpt?.length;
});
client.onReconnect((attempt) => same<typeof attempt, number>(true));
// An event of the server has whatever arguments it has.
client.on("news", (title: string, ack: (answer: boolean) => void) => ack(title === ""));
client.off("news");
client.off("connect", () => {});
// @ts-expect-error an attempt is a number
client.on("reconnect", (attempt: string) => attempt);
// @ts-expect-error a handler is needed
client.on("connect");

client.emit("hello", { any: "thing" }, new Uint8Array());
const answer: string = await client.timeout(5000).emitWithAck("hello");
client.volatile.emit("hello", answer);
same<ReturnType<typeof client.emit>, Client>(true);
client.emit("hello", new Blob([]), (...values: unknown[]) => values).emit("again");
client.timeout(5000).emit("hello", (error: ResearchSocketError | null, value: unknown) => [error, value]);
client.volatile.timeout(5).emitWithAck("hello");
// @ts-expect-error an event has a name
client.emit();

same<typeof client.state.name, StateName>(true);
client.state.reason?.message;
const name: "connecting" | "connected" | "reconnecting" | "fallback" | "offline" | "stopped" | "closed" = client.state.name;
same<typeof client.connected, boolean>(true);
same<typeof client.usingFallback, boolean>(true);
client.stats().duplicates.toFixed();
same<ReturnType<typeof client.stats>["runtime"], "wasm" | "js">(true);
client.connect().disconnect().connect();
same<typeof client.id, string | undefined>(true);
client.onAny((event) => same<typeof event, string>(true))();
client.prependAny(() => {});
client.offAny();
client.onAnyOutgoing((event) => event)();
client.prependAnyOutgoing(() => {});
client.offAnyOutgoing(() => {});
client.server.on("warning", (words: string) => words)();
client.server.once("state", () => {});
client.server.off("state");
client.close();
// @ts-expect-error the id is the server's to give
client.id = "mine";
// @ts-expect-error the state is the client's to change
client.state = name;
// @ts-expect-error there is no such state
client.state.name === "open";

// --- research ---

same<typeof research.id, string>(true);
research.on("update", (update) => {
  same<typeof update.progress, number | undefined>(true);
  same<typeof update.status, Status | undefined>(true);
  same<typeof update.whatever, unknown>(true);
});
research.on("log", (entry) => same<typeof entry, LogEntry>(true));
research.on("status", ({ status, previous }) => same<typeof previous, typeof status | null>(true));
research.on("task", (task) => same<typeof task, string>(true));
research.on("step", (step) => step.tool?.length);
research.on("engine", ({ name }) => same<typeof name, string>(true));
research.on("failure", (failure) => same<typeof failure, Failure>(true));
research.on("gap", ({ missing }) => same<typeof missing, number | null>(true));
research.once("end", (end) => same<typeof end.status, EndStatus>(true));
research.off("end");
// @ts-expect-error the event is called "update"
research.on("updates", () => {});
// @ts-expect-error a task is a text
research.on("task", (task: number) => task);

const end: End = await research.done;
// @ts-expect-error a research does not end by running
end.status === "in_progress";

for await (const entry of research.logs({ level: ["error", "milestone"] })) same<typeof entry, LogEntry>(true);
for await (const update of research.updates()) same<typeof update, Update>(true);
const stream: Stream<LogEntry> = research.logs({ level: "error" });
same<typeof stream.dropped, number>(true);
// @ts-expect-error levels are in lower case
research.logs({ level: "ERROR" });

const state: ResearchState = research.state;
same<typeof state.estimatedTimeLeft, TimeLeft | null>(true);
same<typeof state.historyRead, boolean>(true);
research.on("history", () => research.timeline().phases.map(({ phase, from, to }) => [phase, (to ?? Date.now()) - from]));
same<typeof state.progress, number | null>(true);
same<typeof state.error, string | null>(true);
state.logs[0]?.message;
// @ts-expect-error frozen
state.progress = 7;
// @ts-expect-error frozen too
state.logs.push({ message: "", level: "info" });

await research.cancel();
research.refresh();
research.unsubscribe();

{
  using scoped = await connect();
  using followed = scoped.subscribe(7);
  followed.state;
}

// --- errors ---

try {
  await research.cancel();
} catch (error) {
  if (error instanceof ResearchSocketError && error.code === "UNAUTHORIZED") error.message.length;
  // @ts-expect-error there is no such code
  if (error instanceof ResearchSocketError && error.code === "UNAUTHORISED") throw error;
}

// Events of the server's own, described by the page as for socket.io-client. Never run, only compiled.

import { ResearchSocketError, connect, type Client, type ConnectionState, type DefaultEventsMap } from "research-socket";

/** True only for exactly the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(holds: Same<A, B>): void;

interface ServerToClientEvents {
  news: (title: string, at: number) => void;
  question: (text: string, answer: (yes: boolean) => void) => void;
}

interface ClientToServerEvents {
  hello: () => void;
  rename: (name: string, colour?: string) => void;
  vote: (choice: number, answer: (counted: boolean, total: number) => void) => void;
  ping: (answer: () => void) => void;
  cheer: (...words: string[]) => void;
}

const client = await connect<ServerToClientEvents, ClientToServerEvents>({ path: "/ws/socket.io" });
same<typeof client, Client<ServerToClientEvents, ClientToServerEvents>>(true);

// --- What the server sends ---

client.on("news", (title, at) => {
  same<typeof title, string>(true);
  same<typeof at, number>(true);
});
client.once("question", (text, answer) => answer(text === ""));
client.on("news", () => {});
client.off("news");
client.off("question", (text) => text);
// @ts-expect-error there is no such event
client.on("new", () => {});
// @ts-expect-error a title is a text
client.on("news", (title: number) => title);
// @ts-expect-error the answer is yes or no
client.on("question", (text, answer) => answer(text));
// @ts-expect-error what the server takes is not what it sends
client.on("vote", () => {});

client.server.on("news", (title) => same<typeof title, string>(true));
// @ts-expect-error the server has no such event
client.server.on("state", () => {});

// The client's own events are there with any map, and keep their types.
client.on("state", (state) => same<typeof state, ConnectionState>(true));
client.on("reconnect", (attempt) => same<typeof attempt, number>(true));
// @ts-expect-error an attempt is a number
client.on("reconnect", (attempt: string) => attempt);

// --- What the server takes ---

client.emit("hello");
client.emit("rename", "red");
client.emit("rename", "red", "#f00");
client.emit("cheer", "hip", "hip", "hooray");
client.emit("vote", 7);
client.volatile.emit("vote", 7);
// @ts-expect-error there is no such event
client.emit("bye");
// @ts-expect-error a choice is a number
client.emit("vote", "7");
// @ts-expect-error a choice is needed
client.emit("vote");
client.emit("vote", 7, () => {}).emit("hello");
client.emit("vote", 7, (counted, total) => {
  same<typeof counted, boolean>(true);
  same<typeof total, number>(true);
});
client.timeout(5000).emit("vote", 7, (error, counted, total) => {
  same<typeof error, ResearchSocketError | null>(true);
  same<typeof counted, boolean>(true);
  same<typeof total, number>(true);
});
client.volatile.timeout(5000).emit("vote", 7);
// @ts-expect-error whether it was counted is no text
client.emit("vote", 7, (counted: string) => counted);
// @ts-expect-error a greeting is not answered
client.emit("hello", () => {});
// @ts-expect-error nor has a greeting arguments
client.emit("hello", 7);
// @ts-expect-error what the server sends is not what it takes
client.emit("news", "title", 7);
// @ts-expect-error a map holds for what may be dropped too
client.volatile.emit("vote", "7");

// --- What it answers ---

const counted = await client.emitWithAck("vote", 7);
same<typeof counted, boolean>(true);
const late = await client.timeout(5000).emitWithAck("vote", 7);
same<typeof late, boolean>(true);
const pong = await client.emitWithAck("ping");
same<typeof pong, undefined>(true);
// @ts-expect-error a choice is a number here too
await client.emitWithAck("vote", "7");
// @ts-expect-error a greeting is not answered
await client.emitWithAck("hello");
// @ts-expect-error neither with a time limit
await client.timeout(5000).emitWithAck("rename", "red");

// --- One map for both ways, and none ---

const both = await connect<ClientToServerEvents>();
both.on("hello", () => {});
both.emit("hello");

const any = await connect();
same<typeof any, Client<DefaultEventsMap, DefaultEventsMap>>(true);
same<typeof any, Client>(true);
any.on("whatever", (first, ...rest) => rest.push(first));
any.emit("whatever", 7, new Uint8Array());
const answer = await any.emitWithAck("whatever", { any: "thing" });
answer.whatever;

// A name that is known only at run time may be any of them.
declare const name: string;
any.on(name, (...args) => args.length);
any.emit(name);
// @ts-expect-error with a map it has to be one of its events
client.on(name, () => {});
// @ts-expect-error a map is one of functions
await connect<{ news: string }>().then((client) => client.on("news", (title: string) => title));

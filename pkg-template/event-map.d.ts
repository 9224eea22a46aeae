// What `connect<ServerToClientEvents, ClientToServerEvents>()` makes of the two maps. All of it exists for the compiler only.

import type { ClientEvents, ResearchSocketError } from "./index.js";

/**
 * Names of events and the functions that take them, in the form of socket.io-client: an interface of one's own with a function
 * for each event. An event that is answered has the function that takes the answer as its last parameter.
 *
 * @example
 * interface ServerToClientEvents {
 *   news: (title: string) => void;
 *   question: (text: string, answer: (yes: boolean) => void) => void;
 * }
 */
export interface EventsMap {
  [event: string]: any;
}

/** Any event with any arguments: what counts when `connect` is called without maps. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

/** An event that the client tells of by itself, or one of the map. */
export type ListenName<Map extends EventsMap> = keyof ClientEvents | (string extends keyof Map ? string & {} : keyof Map & string);

/** What a handler of the event takes. The client's own events come before those of the map. */
export type ClientHandler<Event extends string, Map extends EventsMap = DefaultEventsMap> = Event extends keyof ClientEvents
  ? (...args: ClientEvents[Event]) => void
  : Map[Event];

/** An event that may be sent. */
export type EmitName<Map extends EventsMap> = keyof Map & string;

/** An event that the server answers. */
export type AskName<Map extends EventsMap> = string extends keyof Map
  ? string
  : { [Event in keyof Map & string]: Last<Parameters<Map[Event]>> extends Callback ? Event : never }[keyof Map & string];

/** What is sent with the event: its arguments, but not the function that takes the answer. */
export type EmitArgs<Map extends EventsMap, Event extends string> = string extends keyof Map
  ? unknown[]
  : Parameters<Map[Event]> extends [...infer Sent, Callback]
    ? Sent
    : Parameters<Map[Event]>;

/** The same with the function that takes the answer. */
export type CallArgs<Map extends EventsMap, Event extends string> = string extends keyof Map ? unknown[] : Parameters<Map[Event]>;

/** The same with a time limit: the function takes an error, or `null`, before the answer. */
export type TimedCallArgs<Map extends EventsMap, Event extends string> = string extends keyof Map
  ? unknown[]
  : Parameters<Map[Event]> extends [...infer Sent, (...answer: infer Answered) => any]
    ? [...Sent, (error: ResearchSocketError | null, ...answer: Answered) => void]
    : never;

/** What `emitWithAck` resolves with: the first thing that the function for the answer takes. */
export type Answer<Map extends EventsMap, Event extends string> = string extends keyof Map
  ? any
  : Last<Parameters<Map[Event]>> extends (...args: infer Args) => any
    ? First<Args>
    : never;

type Callback = (...args: any[]) => any;
type First<Items extends unknown[]> = Items extends [] ? undefined : Items[0];
type Last<Items extends unknown[]> = Items extends [...unknown[], infer Item] ? Item : undefined;

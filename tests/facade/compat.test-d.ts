// What a page with window.socket may write, and what it may not. Compiled, never run.

import "research-socket/compat";
import type { PageSocket, Payload, SocketInstance } from "research-socket/compat";

const socket: PageSocket = window.socket;
socket.subscribeToResearch("research-12345", (data) => {
  const payload: Payload = data;
  if (typeof data.progress === "number") document.title = `${data.progress} %`;
  if (data.status === "completed") location.reload();
  const words: string | undefined = data.log_entry?.message;
  const unknown: unknown = payload.anything;
  void [words, unknown];
});
socket.subscribeToResearch(7);
socket.unsubscribeFromResearch(7);
socket.onReconnect(() => {});
socket.disconnect();

const instance: SocketInstance | null = socket.init() ?? socket.getSocketInstance();
instance?.on("connect", () => {}).once("bounced", (value: number) => value).off("bounced").emit("echo", 1, (answer: unknown) => answer);
const id: string | undefined = instance?.id;
const flags: boolean[] = [socket.isConnected(), socket.isUsingPolling(), instance?.connected ?? false];
void [id, flags];

// @ts-expect-error: an id is needed
socket.subscribeToResearch();
// @ts-expect-error: not an object
socket.subscribeToResearch({ id: 7 });
// @ts-expect-error: no such status
socket.subscribeToResearch(7, (data) => data.status === "done");
// @ts-expect-error: null on pages without a connection
socket.init().emit("x");
// @ts-expect-error: what is connected is not for the page to say
if (instance) instance.connected = true;
// @ts-expect-error: no such function
socket.filterLogsByType("all");

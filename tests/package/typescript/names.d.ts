// What the code of the documents takes for granted in its page.

import type { Client, Research } from "research-socket";

declare global {
  const bar: HTMLProgressElement;
  const badge: HTMLOutputElement;
  const notice: HTMLElement;
  const panel: HTMLElement;
  const client: Client;
  const research: Research;
  const connect: typeof import("research-socket").connect;
}

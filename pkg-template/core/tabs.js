// The other tabs as one connection of the module has them: a channel of the group (BroadcastChannel), and its lock.

import { Lock } from "./locks.js";

export class Tabs {
  #name;
  #tell;
  #lock;
  #channel;

  /**
   * @param {string} name of the group
   * @param {(kind: "message" | "failed" | "granted" | "lost" | "refused", text: string) => void} tell never called by a method
   */
  constructor(name, tell) {
    this.#name = name;
    this.#tell = tell;
    this.#lock = new Lock(name, (kind) => tell(kind, ""));
  }

  /** @param {"open" | "close" | "tell" | "ask" | "steal" | "drop"} act @param {string} text */
  do(act, text) {
    if (act === "open") this.#open();
    if (act === "close") this.#close();
    if (act === "tell") this.#send(text);
    if (act === "ask" || act === "steal") this.#lock.ask(act === "steal");
    if (act === "drop") this.#lock.drop();
  }

  end() {
    this.#lock.drop();
    this.#close();
  }

  #open() {
    this.#close();
    try {
      const channel = new BroadcastChannel(this.#name);
      channel.onmessage = ({ data }) => channel === this.#channel && typeof data === "string" && this.#tell("message", data);
      this.#channel = channel;
    } catch {
      this.#fail();
    }
  }

  #close() {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #send(text) {
    try {
      this.#channel?.postMessage(text);
    } catch {
      this.#fail();
    }
  }

  #fail() {
    this.#close();
    queueMicrotask(() => this.#tell("failed", ""));
  }
}

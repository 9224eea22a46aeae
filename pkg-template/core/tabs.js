// The other tabs as one connection of the module has them: a channel of the group (BroadcastChannel), and its lock.

import { Lock } from "./locks.js";

/** What a tab says whose core is on its way, and what another one answers whose core is there. */
const ANYBODY = "?";
const SOMEBODY = "!";

/** How long others have to answer, in milliseconds: as long as the core would wait for them. */
const ROUND_MS = 100;

/** After how long without an answer the first requests are made: one comes within a few milliseconds where nobody is busy. */
const SOON_MS = 20;

export class Tabs {
  #name;
  #tell = () => {};
  #lock;
  #channel;
  /** Settles when it is known whether others are there, if this tab has looked for them before its core came. @type {Promise<void> | undefined} */
  #round;
  /** Whether nobody was heard. */
  #isAlone = false;
  /** Called when somebody is, or takes the lock, before the core is there. */
  #company;
  /** Counts what the core has wanted of the lock. */
  #asked = 0;

  /** @param {string} name of the group */
  constructor(name) {
    this.#name = name;
    this.#lock = new Lock(name, (kind) => this.#ofLock(kind));
  }

  /**
   * Looks for others while the core is on its way.
   * @param {() => void} company called when others show up after that
   * @returns {Promise<boolean>} whether this tab leads, as far as can be seen now
   */
  async scout(company) {
    const kind = await this.#lock.take(company);
    if (kind !== "refused") return kind === "granted";
    this.#open();
    // Whoever cannot hear others need not wait for them.
    if (!this.#channel) return true;
    this.#isAlone = true;
    this.#company = company;
    this.#send(ANYBODY);
    this.#round = after(ROUND_MS);
    await after(SOON_MS);
    return this.#isAlone;
  }

  /**
   * The core is there.
   * @param {(kind: "message" | "failed" | "granted" | "leave" | "lost" | "refused" | "unopposed", text: string) => void} tell
   *   called by no other method than `leave`
   */
  hear(tell) {
    this.#tell = tell;
  }

  /** @param {"open" | "close" | "tell" | "ask" | "steal" | "drop"} act @param {string} text */
  do(act, text) {
    if (act === "open") this.#open();
    if (act === "close") this.#close();
    if (act === "tell") this.#send(text);
    if (act === "ask" || act === "steal" || act === "drop") this.#asked += 1;
    if (act === "ask" || act === "steal") this.#lock.ask(act === "steal");
    if (act === "drop") this.#lock.drop();
  }

  /** The page wants to share no more. */
  leave() {
    this.#tell("leave", "");
  }

  end() {
    this.#lock.drop();
    this.#close();
  }

  async #ofLock(kind) {
    const asked = this.#asked;
    if (kind === "refused" && this.#round) {
      await this.#round;
      this.#round = undefined;
      if (this.#isAlone) kind = "unopposed";
    }
    this.#company = undefined;
    if (asked === this.#asked) this.#tell(kind, "");
  }

  #open() {
    this.#close();
    try {
      const channel = new BroadcastChannel(this.#name);
      channel.onmessage = ({ data }) => channel === this.#channel && typeof data === "string" && this.#receive(data);
      this.#channel = channel;
    } catch {
      this.#fail();
    }
  }

  #receive(text) {
    this.#isAlone = false;
    this.#company?.();
    if (text === ANYBODY) this.#send(SOMEBODY);
    else if (text !== SOMEBODY) this.#tell("message", text);
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

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

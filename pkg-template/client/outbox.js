// What the page emits, in its order: a `Blob` has to be read first, and what is emitted meanwhile waits behind it.

import { ResearchSocketError } from "./error.js";
import { isBlob, read } from "./wire.js";

export class Outbox {
  #limit;
  #bytes = 0;
  /** The end of the queue; none while nothing waits. */
  #last;

  /** @param {number} limit bytes that may wait here */
  constructor(limit) {
    this.#limit = limit;
  }

  /**
   * Calls `send` with what can be sent: at once, unless something has to be read before it. Then `fail` hears of what it throws.
   * @param {[json: string, attachments: (Uint8Array | Blob)[]]} packet
   * @param {(json: string, attachments: Uint8Array[]) => void} send
   * @param {(error: Error) => void} fail
   */
  put([json, attachments], send, fail) {
    if (!this.#last && !attachments.some(isBlob)) return send(json, attachments);
    const bytes = attachments.reduce((sum, part) => sum + (part.size ?? part.byteLength), json.length);
    // One that is larger than the bound by itself still gets its turn.
    if (this.#last && this.#bytes + bytes > this.#limit) {
      throw new ResearchSocketError("BUFFER_FULL", "More waits for a Blob to be read than `maxEmitBuffer` allows: emit less, or later.");
    }
    this.#bytes += bytes;
    // Whatever the page does to its buffers meanwhile.
    const ready = read(attachments.map((part) => (isBlob(part) ? part : part.slice())));
    const before = this.#last;
    const last = (this.#last = (async () => {
      await before;
      try {
        send(json, await ready);
      } catch (error) {
        fail(error);
      }
      this.#bytes -= bytes;
      if (this.#last === last) this.#last = undefined;
    })());
    // A rejection that comes while it waits for those before it is heard when it is its turn.
    ready.catch(() => {});
  }
}

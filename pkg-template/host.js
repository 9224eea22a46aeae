// The browser as one connection of the module gets it. Whatever calls the module back goes through here (timers through
// timers.js), so that a trap is seen wherever it happens, and nothing calls an instance that is gone.

export class Host {
  #enter;
  #end = new AbortController();
  #requests = new Set();
  #channels = new Set();
  #record;

  /**
   * @param {(run: () => void) => void} [enter] runs what calls into the module, if its instance still lives
   * @param {(text: string) => void} [record] takes a line of the trace
   */
  constructor(enter = (run) => run(), record = () => {}) {
    this.#enter = enter;
    this.#record = record;
  }

  /** The instance is gone: its requests are aborted, its listeners and channels taken away. */
  end() {
    this.#end.abort();
    for (const controller of this.#requests) controller.abort();
    for (const channel of this.#channels) channel.port1.close();
    this.#requests.clear();
    this.#channels.clear();
  }

  // --- For the module ------------------------------------------------------------------------------------------------

  record(text) {
    this.#record(text);
  }

  /** The callback as a function that never throws, and does nothing after the end. */
  guard(callback) {
    const guarded = (...args) => {
      if (!this.#end.signal.aborted) this.#enter(() => callback(...args));
    };
    return guarded;
  }

  /** `guarded` comes from `guard`. */
  listen(target, event, guarded) {
    target.addEventListener(event, guarded, { signal: this.#end.signal });
  }

  /** A channel whose second port calls back. */
  channel(callback) {
    const channel = new MessageChannel();
    channel.port2.onmessage = this.guard(callback);
    this.#channels.add(channel);
    return channel;
  }

  /** The controller of one request, until `release` when it is over. */
  controller() {
    const controller = new AbortController();
    this.#requests.add(controller);
    return controller;
  }

  release(controller) {
    this.#requests.delete(controller);
  }

  /**
   * Reads the response of a request to its end: `done(response?, body?, error?)`, without body and error if there are more
   * bytes than `limit`. Without `done` nobody wants to know.
   */
  async settle(promise, limit, done) {
    let response;
    let body;
    let error;
    try {
      response = await promise;
      if (done) body = await read(response, limit);
    } catch (reason) {
      error = reason ?? null;
    }
    if (done) this.guard(done)(response, body, error);
  }
}

/**
 * Piece by piece, since the length is not known before: answers are chunked, and packed ones can be a thousand times larger
 * than what was sent.
 */
async function read(response, limit) {
  const pieces = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let piece; (piece = (await reader?.read())?.value); ) {
    length += piece.length;
    if (length > limit) {
      // Whatever comes of it, the rest is not read.
      reader.cancel().catch(() => {});
      return undefined;
    }
    pieces.push(piece);
  }
  if (pieces.length === 1) return pieces[0];
  const body = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

// The browser as one connection of the module gets it. Whatever calls the module back goes through here (timers through
// timers.js), so that a trap is seen wherever it happens, and nothing calls an instance that is gone.
// It imports nothing: the core's own tests are given this file alone.

export class Host {
  #enter;
  #end = new AbortController();
  #requests = new Set();
  #channels = new Set();
  #sockets = new Set();
  #record;
  #headStart;
  #makeTabs;
  #tabs;
  /** What calls the module back next, in the task that it is called in. */
  #hurried;
  /** Of how many answers the head is there and the body is not, which is another task. */
  #arriving = 0;

  /**
   * @param {(run: () => void) => void} [enter] runs what calls into the module, if its instance still lives
   * @param {(text: string, bytes?: Uint8Array) => void} [record] takes a line of the trace
   * @param {{ take: (request: Request, init: RequestInit, text?: string) => Promise<Response> | undefined }} [headStart] has the answers to
   *   requests that were made before the module was there
   * @param {(name: string, tell: Function) => { do: (act: string, text: string) => void, end: () => void }} [makeTabs] the other tabs
   */
  constructor(enter = (run) => run(), record = () => {}, headStart, makeTabs) {
    this.#enter = enter;
    this.#record = record;
    this.#headStart = headStart;
    this.#makeTabs = makeTabs;
  }

  /** The instance is gone: its requests are aborted, its listeners and channels taken away. */
  end() {
    this.#end.abort();
    this.#tabs?.end();
    for (const controller of this.#requests) controller.abort();
    for (const channel of this.#channels) channel.port1.close();
    for (const socket of this.#sockets) {
      this.forgetSocket(socket);
      socket.close();
    }
    this.#requests.clear();
    this.#channels.clear();
  }

  // --- For the module ------------------------------------------------------------------------------------------------

  /** Makes ready to share a connection with the tabs of a group. */
  share(name, hear) {
    this.#tabs = this.#makeTabs(name, this.guard(hear));
  }

  /** What the module wants of them. */
  tabs(act, text) {
    this.#tabs.do(act, text);
  }

  /** Shares with them no more. Not to be called by the module. */
  leaveTabs() {
    this.#tabs?.leave();
  }

  /** `bytes` are the module's memory. */
  record(text, bytes) {
    this.#record(text, bytes?.slice());
  }

  /** The callback as a function that never throws, and does nothing after the end. */
  guard(callback) {
    const guarded = (...args) => {
      if (this.#end.signal.aborted) return;
      this.#enter(() => callback(...args));
      const port = this.#hurried;
      this.#hurried = undefined;
      port?.onmessage?.();
    };
    return guarded;
  }

  // What follows takes nothing from the document itself: an element of the page with that name would stand in its place.

  /** `guarded` comes from `guard`. */
  listen(target, event, guarded) {
    EventTarget.prototype.addEventListener.call(target, event, guarded, { signal: this.#end.signal });
  }

  unlisten(target, event, guarded) {
    EventTarget.prototype.removeEventListener.call(target, event, guarded);
  }

  /** Whether the page can be seen. */
  visible() {
    return Reflect.get(Document.prototype, "visibilityState", document) === "visible";
  }

  /** A channel whose second port calls back. */
  channel(callback) {
    const channel = new MessageChannel();
    channel.port2.onmessage = this.guard(callback);
    this.#channels.add(channel);
    return channel;
  }

  /**
   * Whether the browser is asked for tasks that go before all but the input of a person. Others would paint after each task of a
   * page that has much to do. Not Firefox, which paints seldom then: there an answer takes half a dozen tasks, which would all wait.
   */
  ranks() {
    return typeof document !== "undefined" && !isFirefox() && typeof globalThis.scheduler?.postTask === "function";
  }

  /** How long a page that has much to do may be kept from all else, in milliseconds. */
  turn() {
    // Where nothing is painted, nothing is won.
    if (typeof document === "undefined") return 8;
    if (isFirefox()) return 16;
    return this.ranks() ? 48 : 40;
  }

  /** Has a port of a channel call back as soon as the call of the module that this is in is over, unless it is let go of before. */
  hurry(port) {
    this.#hurried = port;
  }

  /** Has a port of a channel call back in such a task, unless it is let go of before. An answer does not wait for two turns. */
  urge(port) {
    globalThis.scheduler.postTask(() => port.onmessage?.(), { priority: this.#arriving > 0 ? "user-visible" : "user-blocking" });
  }

  /**
   * Whether `keepalive` makes a request outlive the beginning of a navigation, which may be a download, and still be answered to
   * its page. So it is in Firefox, which ends all others then. WebKit ends them too, but keeps the answers to these to itself.
   */
  keeps() {
    return isFirefox() && "keepalive" in Request.prototype;
  }

  /** `fetch`, by its global name: a page may have wrapped it. Rejects for an address that is not the server's. `text`: the body. */
  async fetch(origin, request, init, text) {
    need(origin, request.url);
    return this.#headStart?.take(request, init, text) ?? fetch(request, init);
  }

  /**
   * Hands a text to the browser, which sends it even though the page goes away. Whether it does: a beacon has the cookies of
   * whatever origin it goes to.
   */
  beacon(origin, address, text, withCredentials) {
    need(origin, address);
    if (!withCredentials && origin !== pageOrigin()) return false;
    return navigator.sendBeacon(address, new Blob([text], { type: "text/plain;charset=UTF-8" }));
  }

  /**
   * Opens a WebSocket. `tell` is called with nothing when it is open; with each message, a text or bytes; of one that is larger than `limit` with whether it was
   * bytes; and at its end with the server's words and the close code. A browser whose policy forbids it may refuse to make one.
   */
  socket(origin, address, limit, tell) {
    tell = this.guard(tell);
    try {
      need(origin, address.replace(/^ws/, "http"));
      const socket = new WebSocket(address);
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => {
        const isText = typeof data === "string";
        if ((isText ? data.length : data.byteLength) > limit) return tell(!isText);
        tell(isText ? data : new Uint8Array(data));
      };
      socket.onopen = () => tell();
      socket.onclose = ({ code, reason }) => tell(reason, code);
      this.#sockets.add(socket);
      return socket;
    } catch ({ message }) {
      queueMicrotask(() => tell(message, 1006));
    }
  }

  /** Nothing more is told of it. */
  forgetSocket(socket) {
    socket.onopen = socket.onmessage = socket.onclose = null;
    this.#sockets.delete(socket);
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

  /** Nobody wants to know what comes of a request. */
  forget(promise) {
    promise.catch(() => {});
  }

  /**
   * Reads the response of a request. Each call of what it returns leads to one of `done(response?, bytes?, error?)`: if the body
   * `streams` and the status is a good one, with the next bytes of it, and without any at its end; else with all of it, and
   * without bytes if there are more than `limit`. What is not asked for is not read. After a call with `true` nothing comes.
   */
  read(promise, limit, streams, done) {
    let tell = this.guard(done);
    let response;
    let rest;
    return async (ends) => {
      if (ends) return void (tell = () => {});
      let bytes;
      let error;
      try {
        response ??= await promise;
        if (streams && response.status >= 200 && response.status < 300) {
          if (rest) {
            bytes = (await rest.next()).value;
          } else {
            rest = piecesOf(response);
            this.#arriving += 1;
            bytes = (await rest.next().finally(() => (this.#arriving -= 1))).value;
          }
        } else {
          bytes = await wholeOf(response, limit);
        }
      } catch (reason) {
        error = reason ?? null;
      }
      tell(response, bytes, error);
    };
  }
}

/** No other page has it, and no worker. */
export function isFirefox() {
  return "mozInnerScreenX" in globalThis;
}

/** Nothing of a page is to reach another server, whatever an address was made of. */
function need(origin, address) {
  const there = new URL(address).origin;
  if (there !== origin) throw new TypeError(`a request for ${origin} leads to ${there}: it was not sent`);
}

/** The body as it arrives; at once where somebody else made the response, without a stream. */
async function* piecesOf(response) {
  const reader = response.body?.getReader?.();
  if (!reader) {
    yield new Uint8Array(response.arrayBuffer ? await response.arrayBuffer() : new TextEncoder().encode(await response.text()));
    return;
  }
  let piece;
  try {
    while ((piece = (await reader.read()).value)) yield piece instanceof Uint8Array ? piece : new Uint8Array(piece);
  } finally {
    // Whatever comes of it, the rest is not read.
    if (piece) reader.cancel().catch(() => {});
  }
}

/**
 * Piece by piece, since the length is not known before: answers are chunked, and packed ones can be a thousand times larger
 * than what was sent. Into one place that doubles: a piece can be a byte, and would cost hundreds on its own.
 */
export async function wholeOf(response, limit) {
  let body = new Uint8Array(0);
  let length = 0;
  for await (const piece of piecesOf(response)) {
    const end = length + piece.length;
    if (end > limit) return undefined;
    if (end > body.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(end, 2 * body.length)));
      larger.set(body.subarray(0, length));
      body = larger;
    }
    body.set(piece, length);
    length = end;
  }
  return body.subarray(0, length);
}

// Documents without an address of their own, such as `<iframe srcdoc>` and `about:blank`, are where the page is that made them.

/** An address of the page, to resolve others with. */
export function pageHref() {
  if (/^https?:/.test(location.href)) return location.href;
  // Not the base first, which a page may have set to another host. Not the document's: that may be an element of the page.
  if (/^https?:/.test(globalThis.origin)) return `${globalThis.origin}/`;
  // A worker has no document.
  return (typeof document !== "undefined" && Reflect.get(Node.prototype, "baseURI", document)) || location.href;
}

/** The origin that the page's requests come from; for browsers it may be `null` all the same. */
export function pageOrigin() {
  const { origin } = location;
  return origin === "null" ? new URL(pageHref()).origin : origin;
}

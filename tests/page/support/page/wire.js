// Runs in a page before everything else: writes down what goes over the wire, whatever client asks for it and by whatever API, in the order
// in which the page does it. `window.wire` has one entry for each request and each WebSocket of Socket.IO.

(() => {
  const wire = (window.wire = []);
  const isOurs = (/** @type {string} */ url) => new URL(url, location.href).pathname.includes("/socket.io/");
  const query = (/** @type {string} */ url) => Object.fromEntries(new URL(url, location.href).searchParams);
  const split = (/** @type {string} */ body) => (body ? body.split("\x1e").map(bytes) : []);
  /** Bytes have one form, whatever carries them. */
  const bytes = (/** @type {string} */ packet) => (packet[0] === "b" ? `bytes ${Array.from(atob(packet.slice(1)), (char) => char.charCodeAt(0))}` : packet);

  function begin(method, url, type) {
    const one = { method, query: query(url), sent: [], type, status: undefined, heard: [] };
    wire.push(one);
    return { one, end: (/** @type {number} */ status, /** @type {string} */ body) => Object.assign(one, { status, heard: split(body) }) };
  }

  const { fetch } = window;
  window.fetch = (...args) => {
    // Its body is read twice.
    const request = args[0] instanceof Request ? args[0].clone() : new Request(...args);
    if (!isOurs(request.url)) return fetch(...args);
    const { one, end } = begin(request.method, request.url, request.headers.get("content-type"));
    request.text().then((body) => (one.sent = split(body)));
    const answer = fetch(...args);
    answer.then(async (response) => end(response.status, await response.clone().text())).catch(() => end(0, ""));
    return answer;
  };

  const { open, send, setRequestHeader } = XMLHttpRequest.prototype;
  const given = new WeakMap();
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    given.set(this, { method, url: String(url), type: null });
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.setRequestHeader = function (name, value) {
    if (name.toLowerCase() === "content-type") given.get(this).type = value;
    return setRequestHeader.call(this, name, value);
  };
  XMLHttpRequest.prototype.send = function (body) {
    const { method, url, type } = given.get(this);
    if (isOurs(url)) {
      const { one, end } = begin(method, url, type);
      one.sent = split(body);
      this.addEventListener("loadend", () => end(this.status, this.status ? this.responseText : ""));
    }
    return send.call(this, body);
  };

  const { WebSocket } = window;
  const form = (/** @type {any} */ data) => (typeof data === "string" ? data : `bytes ${new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength)}`);
  window.WebSocket = class extends WebSocket {
    #one;
    constructor(url, ...rest) {
      super(url, ...rest);
      this.#one = { method: "WebSocket", query: query(String(url)), sent: [], heard: [], closes: undefined, closed: undefined };
      wire.push(this.#one);
      // `binaryType` is the client's, and both want an ArrayBuffer.
      this.addEventListener("message", ({ data }) => this.#one.heard.push(form(data)));
      this.addEventListener("close", ({ code }) => (this.#one.closed = code));
    }
    send(data) {
      this.#one.sent.push(form(data));
      return super.send(data);
    }
    close(...how) {
      this.#one.closes ??= how;
      return super.close(...how);
    }
  };
})();

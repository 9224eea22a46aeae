// What `getSocketInstance()` gives: as much of a socket of socket.io-client as pages use, on a client of this package.

/** As pages of socket.io-client expect them; all others pass on what the client gives. */
const AS_SOCKET_IO = new Map([
  ["connect", () => []],
  ["disconnect", (reason) => [reason]],
]);

export class Instance {
  #run;
  #end;
  #client;
  #id;
  /** event → (the page's handler → the one that the client has) */
  #handlers = new Map();

  /**
   * @param {(act: (client: import("../client/client.js").Client) => void) => void} run acts on the client, as soon as there is one
   * @param {() => void} end
   */
  constructor(run, end) {
    this.#run = run;
    this.#end = end;
  }

  /** Whether events can flow both ways now. */
  get connected() {
    return this.#client?.connected ?? false;
  }

  /** The connection's id; a new one with each connection. */
  get id() {
    return this.connected ? this.#id : undefined;
  }

  on(event, handler) {
    return this.#add("on", event, handler);
  }

  once(event, handler) {
    return this.#add("once", event, handler);
  }

  /** Without a handler: all of the event; without an event: all of the page. */
  off(event, handler) {
    if (event === undefined) {
      for (const each of [...this.#handlers.keys()]) this.off(each);
    } else if (handler === undefined) {
      for (const each of [...(this.#handlers.get(event)?.keys() ?? [])]) this.off(event, each);
    } else {
      const given = this.#handlers.get(event)?.get(handler);
      this.#handlers.get(event)?.delete(handler);
      if (given) this.#run((client) => client.off(event, given));
    }
    return this;
  }

  /** The last argument may be a function that gets the server's acknowledgement. */
  emit(event, ...args) {
    const acknowledge = typeof args.at(-1) === "function" ? args.pop() : undefined;
    this.#run((client) => {
      if (!acknowledge) return client.emit(event, ...args);
      const lost = (error) => console.warn(`research-socket: no acknowledgement of "${event}" has come: ${error.message}`);
      client.emitWithAck(event, ...args).then(acknowledge, lost);
    });
    return this;
  }

  /** The same as `window.socket.disconnect()`. */
  disconnect() {
    this.#end();
    return this;
  }

  /** @param {import("../client/client.js").Client} client */
  attach(client) {
    this.#client = client;
    client.on("connect", ({ id }) => (this.#id = id));
  }

  /** The page has ended the connection, of which the client tells as it closes. */
  detach() {
    this.#client = undefined;
    this.#handlers.clear();
    // Whoever keeps this object must not reach the next connection.
    this.#run = () => {};
  }

  #add(how, event, handler) {
    if (typeof handler !== "function") throw new TypeError(`The handler of "${event}" must be a function.`);
    const handlers = this.#handlers.get(event) ?? new Map();
    if (handlers.has(handler)) return this;
    const translate = AS_SOCKET_IO.get(event) ?? ((...args) => args);
    const given = (...args) => {
      if (how === "once") handlers.delete(handler);
      handler(...translate(...args));
    };
    this.#handlers.set(event, handlers.set(handler, given));
    this.#run((client) => client[how](event, given));
    return this;
  }
}

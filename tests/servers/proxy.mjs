// A TCP proxy whose wire a test can cut. Its port stays the same for its life, so the page's origin does too.

import net from "node:net";

/**
 * @typedef {"pass" | "refuse" | "blackhole" | "delay"} Mode
 * pass       bytes go through
 * refuse     connections that are open are reset, and so is each new one
 * blackhole  nothing is reset and nothing goes through; what was held goes through afterwards
 * delay      bytes go through `ms` later
 */

/**
 * Listens on 127.0.0.1 and forwards to `target` ("http://127.0.0.1:1234").
 * @param {{ target: string, port?: number }} options
 */
export async function startProxy({ target, port = 0 }) {
  /** @type {Set<Wire>} */
  const wires = new Set();
  let mode = /** @type {Mode} */ ("pass");
  let delay = 0;

  const server = net.createServer({ pauseOnConnect: true }, (client) => {
    if (mode === "refuse") {
      reset(client);
      return;
    }
    const wire = new Wire(client, new URL(target));
    wires.add(wire);
    wire.onClose = () => wires.delete(wire);
    wire.apply(mode, delay);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = /** @type {net.AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    /** Changes what happens to every connection, old and new. @param {Mode} next */
    mode(next, ms = 0) {
      mode = next;
      delay = ms;
      for (const wire of [...wires]) wire.apply(mode, delay);
    },
    /** Sends connections to another server from now on; the port stays. @param {string} next */
    retarget(next) {
      target = next;
    },
    connections: () => wires.size,
    async close() {
      for (const wire of [...wires]) wire.reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One connection of a client and its counterpart at the target, which is made when something may pass. */
class Wire {
  #client;
  #target;
  /** @type {net.Socket | undefined} */
  #upstream;
  #mode = /** @type {Mode} */ ("pass");
  #delay = 0;
  onClose = () => {};

  /** @param {net.Socket} client @param {URL} target */
  constructor(client, target) {
    this.#client = client;
    this.#target = target;
    client.on("error", () => {});
    client.on("close", () => this.reset());
  }

  /** @param {Mode} mode @param {number} delay */
  apply(mode, delay) {
    this.#mode = mode;
    this.#delay = delay;
    if (mode === "refuse") {
      this.reset();
    } else if (mode === "blackhole") {
      this.#client.pause();
      this.#upstream?.pause();
    } else {
      this.#open();
      this.#client.resume();
      this.#upstream?.resume();
    }
  }

  #open() {
    if (this.#upstream) return;
    const upstream = net.connect(Number(this.#target.port), this.#target.hostname);
    this.#upstream = upstream;
    upstream.on("error", () => this.reset());
    upstream.on("close", () => this.#later(() => this.#end(this.#client)));
    this.#forward(this.#client, upstream);
    this.#forward(upstream, this.#client);
  }

  /** @param {net.Socket} from @param {net.Socket} to */
  #forward(from, to) {
    from.on("data", (chunk) => this.#later(() => to.writable && to.write(chunk)));
    from.on("end", () => this.#later(() => this.#end(to)));
  }

  /** Timers of one length fire in the order in which they were set, so chunks stay in order. @param {() => void} act */
  #later(act) {
    if (this.#mode === "delay") setTimeout(act, this.#delay);
    else act();
  }

  /** @param {net.Socket} socket */
  #end(socket) {
    if (socket.writable) socket.end();
  }

  reset() {
    if (!this.#client.destroyed) reset(this.#client);
    this.#upstream?.destroy();
    this.onClose();
  }
}

/**
 * Node 20 does not close a socket that is to be reset while it is shutting down, but takes it for closing: the process then waits
 * for it for ever when it ends, with a busy loop.
 * @param {import("node:net").Socket} socket
 */
function reset(socket) {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

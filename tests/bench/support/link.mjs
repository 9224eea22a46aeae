// A slow line to a server, for all that is sent over it: Chromium's own has no say over a WebSocket.

import net from "node:net";

/**
 * @param {import("node:test").TestContext} t @param {{ port: number }} server
 * @param {{ latency: number, rate: number }} line milliseconds there and back, and bytes a millisecond each way, for all connections together
 * @returns {Promise<string>} the address at its other end
 */
export async function slowLink(t, { port }, { latency, rate }) {
  const sockets = new Set();
  const directions = [new Direction(latency / 2, rate), new Direction(latency / 2, rate)];
  const proxy = net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    pass(near, far, directions[0]);
    pass(far, near, directions[1]);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on("error", () => (near.destroy(), far.destroy()));
      socket.on("close", () => sockets.delete(socket));
    }
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return `http://127.0.0.1:${/** @type {net.AddressInfo} */ (proxy.address()).port}`;
}

function pass(from, to, direction) {
  from.on("data", (bytes) => direction.send(bytes.length, () => to.writable && to.write(bytes)));
  from.on("end", () => direction.send(0, () => to.end()));
}

/** One after the other, each later by what it takes itself. */
class Direction {
  #free = 0;
  /** Timers of different lengths may come in another order. */
  #queue = [];

  constructor(delay, rate) {
    this.delay = delay;
    this.rate = rate;
  }

  send(length, deliver) {
    this.#free = Math.max(this.#free, performance.now()) + length / this.rate;
    this.#queue.push(deliver);
    setTimeout(() => this.#queue.shift()(), this.#free + this.delay - performance.now());
  }
}

// A TCP proxy that does as it is told with each connection that asks for a WebSocket, and lets all others through.

import net from "node:net";

const ASKS = /^upgrade: websocket\r$/im;

/**
 * @typedef {"pass" | "hold" | "refuse" | "lose" | "strip" | "swallow"} Mode what becomes of a request for a WebSocket
 * hold     it waits for the next mode
 * refuse   it is answered by 502
 * lose     it goes nowhere, and no answer comes
 * strip    it reaches the server as a request for nothing of the kind
 * swallow  it reaches the server, whose answer does not come back
 */

/** Listens on 127.0.0.1 and forwards to `target` ("http://127.0.0.1:1234"). @param {import("node:test").TestContext} t @param {string} target @param {Mode} mode */
export async function startGate(t, target, mode) {
  const { hostname, port } = new URL(target);
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  /** @type {(() => void)[]} */
  let held = [];
  let asked = 0;

  /** @param {net.Socket} client @param {Buffer} head */
  function forward(client, head, way = mode) {
    if (way === "hold") return held.push(() => forward(client, head));
    if (way === "refuse") return client.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    if (way === "lose") return client.resume();
    const server = keep(net.connect(Number(port), hostname));
    server.write(way === "strip" ? head.toString("latin1").replace(/^(upgrade|connection): .*\r\n/gim, "").replace(/\r\n/, "\r\nConnection: close\r\n") : head);
    client.pipe(server);
    if (way === "swallow") server.resume();
    else server.pipe(client);
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
  }
  /** @param {net.Socket} socket */
  function keep(socket) {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    return socket;
  }
  const listener = net.createServer((client) => {
    keep(client);
    client.once("data", (head) => {
      client.pause();
      const asks = ASKS.test(head.toString("latin1"));
      asked += asks ? 1 : 0;
      forward(client, head, asks ? mode : "pass");
    });
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => listener.close(resolve));
  });
  const address = /** @type {net.AddressInfo} */ (listener.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** How many WebSockets were asked for. */
    asked: () => asked,
    /** @param {Mode} next */
    mode(next) {
      mode = next;
      const waiting = held;
      held = [];
      for (const go of waiting) go();
    },
  };
}

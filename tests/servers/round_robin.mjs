// A load balancer without sticky sessions, in front of several workers that do not know each other's sessions.

import http from "node:http";
import net from "node:net";

/**
 * @param {{ workers: string[], deal?: "in-turn" | "never-its-own" }} options
 * in-turn        each request goes to the next worker
 * never-its-own  requests without a sid go to the first worker, those with one to the second: each gets 400
 */
export async function startRoundRobin({ workers, deal = "in-turn" }) {
  let turn = 0;
  /** @type {{ at: number, method: string, url: string, worker: number, status: number }[]} */
  const seen = [];

  /** @param {string} url */
  const choose = (url) => {
    if (deal === "in-turn") return turn++ % workers.length;
    return new URL(url, "http://any").searchParams.has("sid") ? 1 : 0;
  };

  const server = http.createServer((request, response) => {
    const url = request.url ?? "/";
    // Only Socket.IO's requests are dealt: the page itself must load from either.
    const worker = url.startsWith("/socket.io/") ? choose(url) : 0;
    const record = { at: Date.now(), method: request.method ?? "", url, worker, status: 0 };
    seen.push(record);
    const onward = http.request(new URL(url, workers[worker]), {
      method: request.method,
      headers: request.headers,
      agent: false,
    });
    onward.on("response", (answer) => {
      record.status = answer.statusCode ?? 0;
      response.writeHead(record.status, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  // A WebSocket is one request, which a balancer passes on as it comes.
  server.on("upgrade", (request, socket, head) => {
    const url = request.url ?? "/";
    const worker = choose(url);
    seen.push({ at: Date.now(), method: "GET", url, worker, status: 101 });
    const { hostname, port } = new URL(workers[worker]);
    const onward = net.connect(Number(port), hostname, () => {
      const lines = request.rawHeaders.flatMap((name, at, all) => (at % 2 ? [] : [`${name}: ${all[at + 1]}`]));
      onward.write([`GET ${url} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const [one, other] of [[onward, socket], [socket, onward]]) one.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${address.port}`,
    /** Every request so far, with the worker it went to and what it answered. */
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

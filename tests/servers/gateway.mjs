// A reverse proxy before a server, with a fault of its own. Pages and files go through; Socket.IO's requests suffer.

import http from "node:http";
import net from "node:net";
import { buffer } from "node:stream/consumers";

const LOGIN_PAGE = '<!doctype html><title>Sign in</title><form method="post"><input name="user"><input name="password" type="password"></form>';

/**
 * @typedef {"none" | "redirect" | "away" | "page" | "forbid" | "keep-until-ping" | "keep" | "host" | "time-out" | "hang-up"} Fault
 * none             nothing; a server that is down is a 502
 * redirect         who has no cookie `gateway=open` is sent to /login
 * away             the same, but to that of another origin, or to what `to` is
 * page             the same, but the page comes in the place of the answer
 * forbid           the same with 401
 * keep-until-ping  answers of polls are collected until there is a ping among them
 * keep             answers of polls come `ms` later
 * host             the server is asked by its own name, and does not learn by which the page knows it
 * time-out         a poll, or a WebSocket, that waits for `ms` is given up: 504, or its connection is closed. Only those of clients that
 *                  have sent nothing: on a slow machine anything may take longer
 * hang-up          the same, but the connection of a poll is closed as well
 * @param {{ target: string, fault?: Fault, ms?: number, to?: string }} options
 */
export async function startGateway({ target, fault = "none", ms = 0, to }) {
  const givesUp = fault === "time-out" || fault === "hang-up";
  /** Sessions whose clients have sent something. @type {Set<string | null>} */
  const spoken = new Set();
  const server = http.createServer(async (request, response) => {
    const url = request.url ?? "/";
    const isSocket = url.startsWith("/socket.io/");
    const sid = new URL(url, target).searchParams.get("sid");
    const isPoll = isSocket && request.method === "GET" && sid !== null;
    if (isSocket && request.method === "POST") spoken.add(sid);
    const wantsCookie = isSocket && ["redirect", "away", "page", "forbid"].includes(fault) && !/gateway=open/.test(request.headers.cookie ?? "");
    if (url === "/login" || (wantsCookie && fault === "page")) {
      response.writeHead(200, { "Content-Type": "text/html" }).end(LOGIN_PAGE);
    } else if (wantsCookie) {
      const location = { redirect: "/login", away: to ?? `http://localhost:${address.port}/login` }[fault];
      response.writeHead(location ? 302 : 401, location && { Location: location }).end();
    } else {
      const gone = new AbortController();
      response.on("close", () => gone.abort());
      const giveUp = () => {
        if (spoken.has(sid)) return;
        if (fault === "hang-up") request.socket.destroy();
        else response.writeHead(504, { Server: "gateway" }).end();
      };
      const timer = isPoll && givesUp ? setTimeout(giveUp, ms) : undefined;
      response.on("close", () => clearTimeout(timer));
      if (fault === "host") delete request.headers.host;
      try {
        let answer = await forward(target, request, gone.signal);
        if (isPoll && fault === "keep") await new Promise((resolve) => setTimeout(resolve, ms));
        while (isPoll && fault === "keep-until-ping" && answer.status === 200 && !answer.body.toString().split("\x1e").includes("2")) {
          const next = await forward(target, request, gone.signal);
          answer = { ...next, body: Buffer.concat([answer.body, Buffer.from("\x1e"), next.body]) };
        }
        response.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length }).end(answer.body);
      } catch {
        if (response.writableEnded || response.destroyed) return;
        response.writeHead(502, { "Content-Type": "text/html" }).end("<html><h1>502 Bad Gateway</h1></html>");
      }
    }
  });
  if (givesUp) server.on("upgrade", (request, client) => tunnel(target, request, /** @type {net.Socket} */ (client), ms));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * @param {string} target @param {http.IncomingMessage} request @param {AbortSignal} signal
 * @returns {Promise<{ status: number, headers: http.IncomingHttpHeaders, body: Buffer }>}
 */
function forward(target, request, signal) {
  return new Promise((resolve, reject) => {
    const headers = { ...request.headers, "accept-encoding": "identity" };
    const onward = http.request(new URL(request.url ?? "/", target), { method: request.method, headers, agent: false, signal });
    onward.on("error", reject);
    onward.on("response", (answer) => {
      const { "transfer-encoding": _, ...rest } = answer.headers;
      buffer(answer).then((body) => resolve({ status: answer.statusCode ?? 0, headers: rest, body }), reject);
    });
    if (request.readableEnded) onward.end();
    else request.pipe(onward);
  });
}

/**
 * Passes on a WebSocket, and closes it `ms` after the server's first message if nothing has come from the client.
 * @param {string} target @param {http.IncomingMessage} request @param {net.Socket} client @param {number} ms
 */
function tunnel(target, request, client, ms) {
  const { hostname, port } = new URL(target);
  const server = net.connect(Number(port), hostname);
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  for (const socket of [client, server]) {
    socket.on("error", () => {});
    socket.on("close", () => (clearTimeout(timer), client.destroy(), server.destroy()));
  }
  const heads = request.rawHeaders.flatMap((text, n) => (n % 2 === 0 ? [`${text}: ${request.rawHeaders[n + 1]}`] : []));
  server.write(`GET ${request.url} HTTP/1.1\r\n${heads.join("\r\n")}\r\n\r\n`);
  let head = "";
  server.on("data", (bytes) => {
    client.write(bytes);
    head += bytes.toString("latin1");
    if (!/\r\n\r\n./s.test(head)) return;
    timer ??= setTimeout(() => server.destroy(), ms);
  });
  client.on("data", (bytes) => (clearTimeout(timer), server.write(bytes)));
}

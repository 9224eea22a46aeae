// A reverse proxy before a server, with a fault of its own. Pages and files go through; Socket.IO's requests suffer.

import http from "node:http";
import { buffer } from "node:stream/consumers";

const LOGIN_PAGE = '<!doctype html><title>Sign in</title><form method="post"><input name="user"><input name="password" type="password"></form>';

/**
 * @typedef {"none" | "redirect" | "away" | "page" | "forbid" | "keep-until-ping" | "keep" | "host"} Fault
 * none             nothing; a server that is down is a 502
 * redirect         who has no cookie `gateway=open` is sent to /login
 * away             the same, but to that of another origin, or to what `to` is
 * page             the same, but the page comes in the place of the answer
 * forbid           the same with 401
 * keep-until-ping  answers of polls are collected until there is a ping among them
 * keep             answers of polls come `ms` later
 * host             the server is asked by its own name, and does not learn by which the page knows it
 * @param {{ target: string, fault?: Fault, ms?: number, to?: string }} options
 */
export async function startGateway({ target, fault = "none", ms = 0, to }) {
  const server = http.createServer(async (request, response) => {
    const url = request.url ?? "/";
    const isSocket = url.startsWith("/socket.io/");
    const isPoll = isSocket && request.method === "GET" && new URL(url, target).searchParams.has("sid");
    const wantsCookie = isSocket && ["redirect", "away", "page", "forbid"].includes(fault) && !/gateway=open/.test(request.headers.cookie ?? "");
    if (url === "/login" || (wantsCookie && fault === "page")) {
      response.writeHead(200, { "Content-Type": "text/html" }).end(LOGIN_PAGE);
    } else if (wantsCookie) {
      const location = { redirect: "/login", away: to ?? `http://localhost:${address.port}/login` }[fault];
      response.writeHead(location ? 302 : 401, location && { Location: location }).end();
    } else {
      const gone = new AbortController();
      response.on("close", () => gone.abort());
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
        response.writeHead(502, { "Content-Type": "text/html" }).end("<html><h1>502 Bad Gateway</h1></html>");
      }
    }
  });
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

// The npm `socket.io` server with the same control API in small. Its researches live in memory.

import { readFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    path: { type: "string", default: "/socket.io" },
    transports: { type: "string", default: "polling" },
    cors: { type: "string", default: "*" },
    "ping-interval": { type: "string", default: "5" },
    "ping-timeout": { type: "string", default: "20" },
    static: { type: "string", multiple: true, default: [] },
    security: { type: "string" },
  },
});

const PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>Research</title><main></main></html>";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** With `--security policy`: the application's policy, as far as it concerns scripts and requests. */
const POLICY = "default-src 'self'; connect-src 'self'; script-src 'self' 'unsafe-inline'";
const SECURITY = options.security === "policy" ? { "Content-Security-Policy": POLICY } : {};

const stats = { sessions: [], subscriptions: [], events: {}, answers: [], requests: [] };
const researches = new Map();

const server = http.createServer((request, response) => {
  answer(request)
    .catch((error) => ({ status: 500, body: { error: String(error) } }))
    .then(({ status = 200, body, type = "application/json" }) => {
      response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", ...SECURITY });
      response.end(type === "application/json" ? JSON.stringify(body) : body);
    });
});

const io = new Server(server, {
  path: options.path,
  transports: options.transports.split(","),
  pingInterval: Number(options["ping-interval"]) * 1000,
  pingTimeout: Number(options["ping-timeout"]) * 1000,
  cors: { origin: options.cors === "none" ? false : options.cors },
});

io.on("connection", (socket) => {
  const session = { sid: socket.id, connected_at: Date.now(), auth: socket.handshake.auth, disconnected_at: null, reason: null };
  stats.sessions.push(session);
  socket.on("disconnect", (reason) => Object.assign(session, { disconnected_at: Date.now(), reason }));
  socket.onAny((event) => {
    stats.events[event] = (stats.events[event] ?? 0) + 1;
  });
  socket.on("subscribe_to_research", (data) => {
    stats.subscriptions.push({ sid: socket.id, research_id: data?.research_id, at: Date.now() });
    if (data?.research_id) socket.join(String(data.research_id));
  });
  socket.on("echo", (...args) => args.pop()(...args));
  socket.on("bounce", (...args) => socket.emit("bounced", ...args));
});

/** Updates come as in the newest server: to subscribers, once. */
function publish(id, payload) {
  const research = researches.get(String(id)) ?? { status: "in_progress", progress: 0, lines: [] };
  researches.set(String(id), research);
  if (payload.status) research.status = payload.status;
  if (payload.progress != null) research.progress = payload.progress;
  if (payload.log_entry) research.lines.push(payload.log_entry);
  io.to(String(id)).emit(`research_progress_${id}`, payload);
}

const CONTROL = {
  emit({ id, event, payload, times = 1 }) {
    for (let n = 0; n < times; n += 1) id === undefined ? io.emit(event, payload) : publish(id, payload);
  },
  lines({ id, count, prefix = "line", type = "INFO", first = 1 }) {
    for (let n = first; n < first + count; n += 1) {
      publish(id, { log_entry: { message: `${prefix} ${n}`, type, time: micros() } });
    }
  },
  updates({ id, count, prefix = "step", first = 1, total = first + count - 1, phase = "search" }) {
    for (let n = first; n < first + count; n += 1) {
      publish(id, { progress: (95 * n) / total, message: `${prefix} ${n}`, phase });
    }
  },
  final({ id, status = "completed", message = `Research ${status}` }) {
    publish(id, { status, message, progress: status === "completed" ? 100 : 0 });
  },
  ask({ event, args = [] }) {
    for (const socket of io.sockets.sockets.values()) socket.emit(event, ...args, (...said) => stats.answers.push(said));
  },
  disconnect() {
    io.disconnectSockets();
  },
};

let lastMicros = 0;

/** Now in the live format, later than any time given before. */
function micros() {
  lastMicros = Math.max(Date.now() * 1000, lastMicros + 1);
  const iso = new Date(Math.floor(lastMicros / 1000)).toISOString();
  return iso.replace("Z", `${String(lastMicros % 1000).padStart(3, "0")}+00:00`);
}

async function answer(request) {
  const { pathname } = new URL(request.url, "http://any");
  if (pathname === "/control/stats") {
    return { body: { ...stats, connected: stats.sessions.filter((session) => !session.disconnected_at).length } };
  }
  if (pathname.startsWith("/control/")) {
    const command = CONTROL[pathname.slice("/control/".length)];
    if (!command) return { status: 404, body: { error: "no such command" } };
    command(await json(request));
    return { body: { ok: true } };
  }
  stats.requests.push({ at: Date.now(), method: request.method, path: pathname });
  const [, id, what] = pathname.match(/^\/api\/research\/([^/]+)\/(status|logs)$/) ?? [];
  if (id) return describe(id, what);
  if (pathname === "/" || pathname.startsWith("/progress/")) return { body: PAGE, type: "text/html; charset=utf-8" };
  if (pathname === "/favicon.ico") return { status: 204, body: "", type: "image/x-icon" };
  return file(pathname);
}

function describe(id, what) {
  const research = researches.get(id);
  if (!research) return { status: 404, body: { error: "Research not found" } };
  if (what === "status") return { body: { status: research.status, progress: research.progress, metadata: {} } };
  const body = research.lines.map((line, index) => ({
    id: index + 1,
    message: line.message,
    timestamp: new Date(line.time).toUTCString(),
    log_type: line.type,
  }));
  return { body };
}

async function file(pathname) {
  for (const [prefix, folder] of options.static.map((given) => given.split("="))) {
    const name = path.join(folder, path.normalize(pathname.slice(prefix.length)));
    if (!pathname.startsWith(`${prefix}/`) || !name.startsWith(path.join(folder, "/"))) continue;
    const body = await readFile(name).catch(() => undefined);
    if (body) return { body, type: TYPES[path.extname(name)] ?? "application/octet-stream" };
  }
  return { status: 404, body: { error: "Not found" } };
}

async function json(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return JSON.parse(text || "{}");
}

server.listen(Number(options.port), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

/**
 * Tells a person what keeps this page and this server from working together.
 *
 * ```js
 * import { doctor } from "research-socket/doctor";
 *
 * const { ok, findings } = await doctor({ url: "https://research.example.org" });
 * console.table(findings); // code, severity, message, setting
 * ```
 *
 * @module research-socket/doctor
 */

import type { ConnectOptions } from "./index.js";

/**
 * Looks at the page and asks the server what `connect()` would ask it, with plain requests: it needs no WebAssembly. It
 * opens a session, looks whether each request reaches it and how fast answers come, asks for the namespace, and closes the
 * session again. Where all is well that takes less than a second, unless it is `patient`.
 *
 * It resolves whatever it finds. A session that the server opened, but whose answer the page may not read (`CORS`), ends by
 * the server's own time-out.
 *
 * @throws `TypeError` or `RangeError` that names the option that is wrong; what a function of the page's for `auth`, `headers`
 * or `query` throws, or an `Error` if it gives nothing within `timeout`; the reason of `signal` when that aborts; an `Error`
 * where there is no page
 *
 * @example const { findings } = await doctor({ path: "/ws/socket.io", timeout: 10_000 });
 */
export function doctor(options?: DoctorOptions): Promise<Diagnosis>;

/**
 * Those of `connect()`, so that the page's own can be passed. What is used of them: `url`, `path`, `namespace`, `auth`,
 * `headers`, `query`, `transports`, `withCredentials`, `signal`, `logger`, and `timeout`.
 */
export interface DoctorOptions extends ConnectOptions {
  /**
   * How long all of it may take, in milliseconds, unless it is `patient`; saying goodbye to the server may take two seconds more. What could not be
   * looked at by then is `unchecked`.
   * @default 20000
   */
  timeout?: number;

  /**
   * Whether to look for a proxy with a time-out below the server's ping interval (`PROXY_TIMEOUT`) as well. It then holds a poll, and a
   * WebSocket where `transports` has one, on which nothing happens until the server's ping, beside all else: 25 s with the defaults of
   * servers. That may go on, whatever `timeout` says, for the `pingInterval` and `pingTimeout` of the server, 45 s by
   * default, and once more if a connection ended early in a way that may have had another reason. How long it takes is told to
   * `logger.debug`, or on the console without a `logger`.
   * @default false
   * @example true
   */
  patient?: boolean;
}

/**
 * What was found, what is fine, and what could not be looked at. Each code is in one of them, but for what the page has no use for: of
 * WebSockets where `transports` has none, of long-polling where it begins with one, and `PROXY_TIMEOUT` where it is not `patient`.
 */
export interface Diagnosis {
  /** Whether nothing was found. */
  readonly ok: boolean;
  /** What is wrong, what matters most first. */
  readonly findings: readonly Finding[];
  /** What was looked at and is in order. */
  readonly fine: readonly Fine[];
  /** What could not be looked at: something found hides it, the time was over, or another origin does not show it. */
  readonly unchecked: readonly FindingCode[];
}

/** Something that is in order. */
export interface Fine {
  /** What it was looked at for. */
  readonly code: FindingCode;
  /** What is in order, in one sentence. */
  readonly message: string;
}

/** Something that is wrong. */
export interface Finding {
  /** Stable; the texts are for people and may change. */
  readonly code: FindingCode;
  /** `error`: it cannot work so. `warning`: it works, but not as well as it could. */
  readonly severity: "error" | "warning";
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to change. */
  readonly setting: string;
}

/**
 * - `CSP_CONNECT`: the page's Content-Security-Policy forbids requests to the server
 * - `UNREACHABLE`: no answer, or one from 500 up
 * - `CORS`: the server is of another origin, and does not let this page read its answers
 * - `LOGIN_REDIRECT`: a redirection, a login page, 401 or 403 in the place of an answer
 * - `PATH_404`: there is nothing at `path`; `message` says where a server answers, if that is at one of the usual paths
 * - `PROTOCOL_V3`: a server of Socket.IO 2 (Engine.IO 3), or one that does not take the protocol of Socket.IO 3 and 4
 * - `POLLING_REFUSED`: the server has long-polling switched off
 * - `NOT_SOCKET_IO`: something else answers
 * - `ORIGIN_REFUSED`: the server does not accept the page's origin, such as behind a proxy that changes `Host`
 * - `STICKY_SESSION`: several workers without sticky sessions
 * - `REFUSED`: the server refuses the namespace, such as for wrong `auth`
 * - `WEBSOCKET`: a WebSocket does not reach the server; looked at where `transports` has one, and an `error` where it is the first
 * - `PROXY_TIMEOUT`: a connection on which nothing happens is ended before the server's ping comes, such as by a proxy, or does not bring it;
 *   looked at where the doctor is `patient`
 * - `CSP_WASM`: the page's Content-Security-Policy forbids WebAssembly, so the core runs as JavaScript
 * - `PROXY_BUFFERING`: answers come late, such as only at the ping
 * - `CONNECTION_BUDGET`: too many tabs or requests on HTTP/1.1, so this one has to wait; in WebKitGTK, where it cannot be told from
 *   a server that is silent, it is an `UNREACHABLE` whose setting names the tabs as well
 * - `CLOCK_SKEW`: the clocks of this machine and of the server are a minute apart or more
 */
export type FindingCode =
  | "CSP_CONNECT"
  | "UNREACHABLE"
  | "CORS"
  | "LOGIN_REDIRECT"
  | "PATH_404"
  | "PROTOCOL_V3"
  | "POLLING_REFUSED"
  | "NOT_SOCKET_IO"
  | "ORIGIN_REFUSED"
  | "STICKY_SESSION"
  | "REFUSED"
  | "WEBSOCKET"
  | "PROXY_TIMEOUT"
  | "CSP_WASM"
  | "PROXY_BUFFERING"
  | "CONNECTION_BUDGET"
  | "CLOCK_SKEW";

// Options that nobody would write: whatever `connect()` is given, it says what is wrong with it, or asks the origin that was meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "../../pkg-template/client/options.js";
import { fake } from "./fake.mjs";

const HREF = "https://app.example/progress/7";
const RUNS = 20_000;

/** What is put together to texts: what URLs are made of, and what browsers read otherwise than it looks. */
const PIECES = [
  "http://", "https://", "HTTPS:", "ftp://", "//", "/", "\\", "\\\\", "@", ":", ":80", ":443", ":99999", "?", "#", "%", "%2e", "%2F", "%5c", ".", "..",
  "...", "\t", "\n", "\r", "\0", " ", "\u00a0", "\u200b", "\ufeff", "\ud800", "é", "evil.example", "app.example", "localhost", "127.0.0.1", "[::1]",
  "user", "user:pw", "socket.io", "{id}", "a", "javascript:", "data:", "blob:", "file:///",
];

/** What an option may be besides a text. Its getters are the page's own. */
const VALUES = [
  undefined, null, true, false, 0, -0, 1, -1, 0.5, NaN, Infinity, -Infinity, 2 ** 32, 2 ** 53, 7n, Symbol("s"), "", {}, [], [1], () => {}, class {}, new Map([["a", 1]]),
  new Date(0), /x/, new Error("e"), new Uint8Array(2), Object.create(null), Object.freeze({}), new String("/a"), new Number(1), new Proxy({}, {}), new URL("https://b.example"),
  new URL("https://b.example/path"), new AbortController().signal, Promise.resolve(), console, new WeakMap(), new Headers({ a: "b" }), new URLSearchParams("a=b"),
];

const NAMES = [
  "url", "path", "namespace", "reconnection", "persistent", "reconnectionAttempts", "reconnectionDelay", "reconnectionDelayMax", "randomizationFactor", "timeout", "auth", "headers",
  "query", "transports", "withCredentials", "fallback", "terminatePath", "history", "earlyHistory", "logsPath", "historyPath", "flushLogs", "stallAfter", "csrfToken", "dedup", "maxLogs", "forceNew", "signal",
  "logger", "no-such-option", "constructor", "toString", "__proto__",
];
const NESTED = { fallback: ["interval", "after", "statusPath", "logsPath", "timeout"], dedup: ["entries"] };
const TEMPLATES = ["terminatePath", "logsPath", "historyPath"];

/** The same choices each time, so that a failure comes again. */
function chance(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const pick = (draw, list) => list[draw(list.length)];

function text(draw) {
  return Array.from({ length: draw(6) }, () => pick(draw, PIECES)).join("");
}

function value(draw, name) {
  if (Object.hasOwn(NESTED, name) && draw(2)) return Object.fromEntries(NESTED[name].filter(() => draw(2)).map((inner) => [inner, value(draw, inner)]));
  if (name === "url" && draw(2)) return `${pick(draw, ["https://", "http://"])}${text(draw)}`;
  if (/[pP]ath$/.test(name) && draw(2)) return `/${text(draw)}${draw(2) ? "/{id}" : ""}`;
  return draw(2) ? text(draw) : pick(draw, VALUES);
}

function options(draw) {
  if (!draw(50)) return pick(draw, VALUES);
  const given = Object.fromEntries(Array.from({ length: draw(5) }, () => pick(draw, NAMES)).map((name) => [name, value(draw, name)]));
  return draw(10) ? given : Object.assign(Object.create(null), given);
}

/** Each of the addresses that the module makes of what it gets, and the path that was meant. */
function* addresses({ url, path = "/socket.io", fallback, ...rest }) {
  yield [`${url}${path}`, path];
  const templates = [...TEMPLATES.map((name) => rest[name]), fallback?.statusPath, fallback?.logsPath];
  for (const template of templates.filter((template) => typeof template === "string")) {
    const written = template.replaceAll("{id}", "r");
    yield [`${url}${written}`, written];
  }
}

function check(given) {
  let read;
  try {
    read = readOptions(given, HREF);
  } catch (error) {
    const known = error instanceof TypeError || error instanceof RangeError || error.name === "ResearchSocketError";
    assert.ok(known && error.message !== "", `threw ${error?.stack ?? String(error)}`);
    return false;
  }
  const { connection } = read;
  const meant = new URL(given.url === undefined ? "/" : String(given.url), HREF);
  assert.equal(connection.url, meant.origin);
  assert.ok(["http:", "https:"].includes(meant.protocol) && !meant.username && !meant.password, `took ${meant}`);
  for (const [address, path] of addresses(connection)) {
    const asked = new URL(address);
    assert.equal(asked.origin, meant.origin, address);
    assert.deepEqual([asked.username, asked.pathname, asked.search, asked.hash], ["", path, "", ""], `${address} leads to ${asked}`);
  }
  return true;
}

function described(given) {
  const plain = (_, value) => (["bigint", "symbol", "function"].includes(typeof value) ? String(value) : value);
  try {
    return JSON.stringify(given, plain);
  } catch {
    return String(typeof given);
  }
}

test("whatever the options, they are refused in words or lead to the origin and the paths that were meant", () => {
  let taken = 0;
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const given = options(chance(seed));
    try {
      taken += Number(check(given));
    } catch (error) {
      error.message = `seed ${seed}, ${described(given)}: ${error.message}`;
      throw error;
    }
  }
  // Options that are all refused would prove nothing.
  assert.ok(taken > RUNS / 20 && taken < RUNS, `${taken} were taken`);
});

test("connect() rejects odd options with errors of its own and never throws at once", async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const world = fake();
    const given = options(chance(seed));
    const globals = { document: new EventTarget(), location: new URL(HREF) };
    Object.assign(globalThis, globals);
    const asked = world.connect(given);
    assert.ok(asked instanceof Promise, described(given));
    const error = await asked.then(() => undefined, (error) => error);
    if (error) assert.ok(error instanceof TypeError || error instanceof RangeError || typeof error.code === "string" || given?.signal?.aborted, `seed ${seed}: ${error.stack}`);
  }
  delete globalThis.document;
  delete globalThis.location;
});

// A module without Rust: records what the facade asks for, and tells it what a test wants it to hear.

import { createConnect } from "../../pkg-template/client/connect.js";
import { LINGER_MS } from "../../pkg-template/client/linger.js";
import { Timers } from "../../pkg-template/core/timers.js";

/**
 * @typedef {{ method: string, args: unknown[] }} Call
 */

/** A `connect` of its own with everything behind it in the test's hands. */
export function fake({ load = async () => "wasm", present = true, missing = [], href = "https://app.example/progress/7", csrfToken } = {}) {
  const world = {
    /** @type {FakeConnection[]} */
    connections: [],
    loads: 0,
    /** method → what it returns, or throws when it is an Error */
    answers: {},
    connect: undefined,
    /** What the glue of the module calls for `setTimeout` and `clearTimeout`. */
    timers: new Timers(),
    /** The groups in which others were looked for before the core was there. */
    scouts: [],
    /** What was given up. */
    ended: [],
    /** How often a fresh instance was made. */
    resets: 0,
    get connection() {
      return world.connections.at(-1);
    },
  };

  class FakeConnection {
    /** @type {Call[]} */
    calls = [];

    static mask(trace) {
      return answer(world.answers.mask) ?? `masked\n${trace}`;
    }

    constructor(options, dispatch, host) {
      answer(world.answers.create);
      this.options = options;
      this.tell = dispatch;
      this.host = host;
      world.connections.push(this);
    }

    /** The calls of one method, each as its arguments. */
    of(method) {
      return this.calls.filter((call) => call.method === method).map((call) => call.args);
    }

    names() {
      return this.calls.map((call) => call.method);
    }
  }

  for (const method of METHODS) {
    FakeConnection.prototype[method] = function (...args) {
      this.calls.push({ method, args });
      const given = world.answers[method];
      return answer(typeof given === "function" ? given.apply(this, args) : given);
    };
  }
  let number = 0;
  world.answers = { emit: () => ++number, cancel: () => ++number, stats: { roundTrips: 3 }, role: "alone", scout: true };

  world.connect = createConnect({
    reset: () => {
      answer(world.answers.reset);
      world.resets += 1;
    },
    init: async () => {
      world.loads += 1;
      const loaded = await load();
      return typeof loaded === "object" ? loaded : { runtime: loaded };
    },
    timers: world.timers,
    Connection: FakeConnection,
    browser: { present, missing, href, csrfToken },
    Tabs: class {
      constructor(group) {
        world.scouts.push(group);
      }
      async scout() {
        return world.answers.scout;
      }
      hear(tell) {
        this.leave = () => tell("leave", "");
      }
      end() {
        world.ended.push("tabs");
      }
    },
  });
  return world;
}

const METHODS = [
  "open",
  "subscribe",
  "recall",
  "unsubscribe",
  "snapshot",
  "timeline",
  "emit",
  "acknowledge",
  "listen",
  "refresh",
  "verify",
  "cancel",
  "connect",
  "state",
  "role",
  "stats",
  "connected",
  "provide",
  "refuse",
  "close",
  "free",
];

function answer(value) {
  if (value instanceof Error) throw value;
  return value;
}

/** What the page would show as uncaught errors from here to the end of the test. */
export function reported(t) {
  const errors = [];
  const before = globalThis.reportError;
  globalThis.reportError = (error) => errors.push(error);
  t.after(() => (globalThis.reportError = before));
  return errors;
}

/** Lets everything happen that needs no time. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Puts time into the test's hands; what it gives lets pass the moment for which what nobody has any more is kept. */
export function moments(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  return () => t.mock.timers.tick(LINGER_MS);
}

/** Tells that the connection is live, as the module does. */
export function goLive(connection, id = "sid") {
  connection.tell("state", undefined, { name: "connected" });
  connection.tell("connect", undefined, { id });
}

/** A client that is connected, and its connection. */
export async function connected(options, world = fake()) {
  const client = await world.connect(options);
  goLive(world.connection);
  return { client, connection: world.connection, world };
}

export function codeOf(promise) {
  return promise.then(
    (value) => assertNever(value),
    (error) => error.code,
  );
}

function assertNever(value) {
  throw new Error(`resolved with ${JSON.stringify(value)} where a rejection was expected`);
}

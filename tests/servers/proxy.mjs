// A TCP proxy whose wire a test can cut, or slow down. Its port stays the same for its life, so the page's origin does too.

import net from "node:net";
import { randomOf } from "./random.mjs";

/**
 * @typedef {"pass" | "refuse" | "blackhole" | "delay"} Mode what happens to every connection
 * pass       bytes go through
 * refuse     connections that are open are reset, and so is each new one
 * blackhole  nothing is reset and nothing goes through; what was held goes through afterwards
 * delay      bytes go through `ms` later
 */

/**
 * @typedef {"up" | "down"} Way to the server, or back
 * @typedef {{ kind: "refuse" } | { kind: "reset" | "cut" | "silent", way: Way, message: number, after: number } | { kind: "throttle", rate: number } | { kind: "halve", seed: number }} Fault
 * What happens to one connection:
 * refuse    it is reset as soon as it is accepted
 * reset     both its ends are reset: of what goes `way`, in the so manieth `message` behind `after` bytes, or in a later one
 * cut       the same, but what goes `way` ends there (FIN); behind a cut answer the connection is closed
 * silent    from then on it takes everything, and passes nothing either way
 * throttle  `rate` bytes a millisecond go each way
 * halve     what comes at once goes on in two pieces, cut anywhere, one after the other
 */

/**
 * Listens on 127.0.0.1 and forwards to `target` ("http://127.0.0.1:1234").
 * @param {{ target: string, port?: number, line?: { latency: number, rate: number } }} options `line`: milliseconds there and back, and
 *   bytes a millisecond each way, for all connections together
 */
export async function startProxy({ target, port = 0, line }) {
  /** @type {Set<Wire>} */
  const wires = new Set();
  let mode = /** @type {Mode} */ ("pass");
  let delay = 0;
  /** @type {(Fault | undefined)[]} */
  let faults = [];
  const counts = { accepted: 0, struck: 0, repeated: 0 };
  /** @type {Set<string>} */
  const requests = new Set();
  const shared = line && { up: new Line({ delay: line.latency / 2, rate: line.rate }), down: new Line({ delay: line.latency / 2, rate: line.rate }) };

  const accept = (/** @type {net.Socket} */ client) => {
    counts.accepted += 1;
    const fault = mode === "pass" ? faults.shift() : undefined;
    if (mode === "refuse" || fault?.kind === "refuse") {
      counts.struck += fault ? 1 : 0;
      reset(client);
      return;
    }
    const wire = new Wire(client, new URL(target), fault, shared);
    wires.add(wire);
    wire.onClose = () => wires.delete(wire);
    wire.onStrike = () => (counts.struck += 1);
    wire.onRequest = (head) => {
      counts.repeated += requests.has(head) ? 1 : 0;
      requests.add(head);
    };
    wire.apply(mode, delay);
  };
  /** @param {number} port */
  const listen = async (port) => {
    const server = net.createServer({ pauseOnConnect: true }, accept);
    await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve(undefined));
    });
    return server;
  };
  /** @type {net.Server | undefined} */
  let server = await listen(port);
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
    /** The next connections have these faults, one each, in the mode `pass`; `undefined` for one without. @param {(Fault | undefined)[]} next */
    afflict(next) {
      faults = [...next];
    },
    /**
     * Ends all faults. @param {"end" | "reset" | "never"} silent what becomes of connections that are silent; `never`: who has one has to
     * notice
     */
    mend(silent) {
      faults = [];
      for (const wire of [...wires]) wire.mend(silent);
    },
    /** Whoever connects is refused by the system, until `open`. */
    shut() {
      server?.close();
      server = undefined;
    },
    async open() {
      server ??= await listen(address.port);
    },
    /** Sends connections to another server from now on; the port stays. @param {string} next */
    retarget(next) {
      target = next;
    },
    connections: () => wires.size,
    /**
     * How many connections there were, faults that have struck, and requests to a session that were there before (the client
     * gives each a `t` of its own: it was the browser who sent one again), since `recount`.
     */
    counts: () => ({ ...counts }),
    recount() {
      Object.assign(counts, { accepted: 0, struck: 0, repeated: 0 });
    },
    async close() {
      for (const wire of [...wires]) wire.reset();
      await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    },
  };
}

/** One connection of a client and its counterpart at the target, which is made when something may pass. */
class Wire {
  #client;
  #target;
  #fault;
  #lines;
  #isAlone;
  #random;
  /** @type {net.Socket | undefined} */
  #upstream;
  #isSilent = false;
  onClose = () => {};
  onStrike = () => {};
  /** Told of requests to a session. @type {(head: string) => void} */
  onRequest = () => {};
  /** Messages that have begun each way: one ends when something comes the other way. */
  #messages = { up: 0, down: 0 };
  /** @type {Way | undefined} */
  #last;

  /** @param {net.Socket} client @param {URL} target @param {Fault} [fault] @param {{ up: Line, down: Line }} [shared] */
  constructor(client, target, fault, shared) {
    this.#client = client;
    this.#target = target;
    this.#fault = fault;
    const pace = fault?.kind === "throttle" ? { rate: fault.rate } : fault?.kind === "halve" ? { gap: 1 } : {};
    this.#isAlone = !shared;
    this.#lines = shared ?? { up: new Line(pace), down: new Line(pace) };
    this.#random = randomOf(fault?.kind === "halve" ? fault.seed : 0);
    client.setNoDelay(true);
    client.on("error", () => {});
    client.on("close", () => this.reset());
  }

  /** @param {Mode} mode @param {number} delay */
  apply(mode, delay) {
    if (mode === "refuse") {
      this.reset();
    } else if (mode === "blackhole") {
      this.#client.pause();
      this.#upstream?.pause();
    } else {
      if (this.#isAlone) for (const line of Object.values(this.#lines)) line.delay = mode === "delay" ? delay : 0;
      this.#open();
      this.#client.resume();
      this.#upstream?.resume();
    }
  }

  /** @param {"end" | "reset" | "never"} silent */
  mend(silent) {
    if (this.#isSilent) {
      if (silent === "reset") this.reset();
      if (silent === "end") this.#close();
    } else if (this.#fault) {
      this.#fault = undefined;
      for (const line of Object.values(this.#lines)) line.hurry();
    }
  }

  #open() {
    if (this.#upstream) return;
    const upstream = net.connect(Number(this.#target.port), this.#target.hostname);
    this.#upstream = upstream;
    upstream.setNoDelay(true);
    upstream.on("error", () => this.reset());
    upstream.on("close", () => this.#lines.down.send(0, () => this.#isSilent || end(this.#client)));
    this.#forward("up", this.#client, upstream);
    this.#forward("down", upstream, this.#client);
    if (this.#fault?.kind === "throttle" || this.#fault?.kind === "halve") this.onStrike();
  }

  /** @param {Way} way @param {net.Socket} from @param {net.Socket} to */
  #forward(way, from, to) {
    const line = this.#lines[way];
    let passed = 0;
    let isCut = false;
    const pass = (/** @type {Buffer} */ bytes) => bytes.length > 0 && line.send(bytes.length, () => to.writable && to.write(bytes));
    from.on("data", (chunk) => {
      if (this.#isSilent || isCut) return;
      const fault = this.#fault;
      if (this.#last !== way) this.#begin(way, chunk);
      const isDue = fault && "way" in fault && fault.way === way && this.#messages[way] >= fault.message;
      if (isDue && passed + chunk.length > fault.after) {
        pass(chunk.subarray(0, fault.after - passed));
        isCut = true;
        line.send(0, () => this.#strike(fault, to));
      } else if (fault?.kind === "halve") {
        const middle = Math.floor(this.#random() * chunk.length);
        pass(chunk.subarray(0, middle));
        pass(chunk.subarray(middle));
      } else {
        pass(chunk);
      }
      passed += isDue ? chunk.length : 0;
    });
    from.on("end", () => line.send(0, () => this.#isSilent || end(to)));
  }

  /** @param {Way} way @param {Buffer} chunk */
  #begin(way, chunk) {
    this.#last = way;
    this.#messages[way] += 1;
    const [head] = way === "up" ? (chunk.toString("latin1").match(/^\w+ \S*[?&]sid=\S*/) ?? []) : [];
    if (head) this.onRequest(head);
  }

  /** @param {Fault} fault @param {net.Socket} to the end where it is seen first */
  #strike({ kind }, to) {
    this.onStrike();
    if (kind === "reset") this.reset();
    else if (kind === "silent") this.#isSilent = true;
    else if (to === this.#client) this.#close();
    else end(to);
  }

  #close() {
    end(this.#client);
    this.#upstream?.destroy();
  }

  reset() {
    if (!this.#client.destroyed) reset(this.#client);
    this.#upstream?.destroy();
    this.onClose();
  }
}

/** One way of a wire, or of several: what goes in comes out later, and in the same order. */
class Line {
  #free = 0;
  /** Timers of different lengths may come in another order. @type {(() => unknown)[]} */
  #queue = [];
  delay;

  /** @param {{ delay?: number, rate?: number, gap?: number }} pace milliseconds, bytes a millisecond, milliseconds between two deliveries */
  constructor({ delay = 0, rate = Infinity, gap = 0 }) {
    this.delay = delay;
    this.rate = rate;
    this.gap = gap;
  }

  /** @param {number} length @param {() => unknown} deliver */
  send(length, deliver) {
    const now = performance.now();
    this.#free = Math.max(this.#free, now) + length / this.rate + this.gap;
    const wait = this.#free + this.delay - now;
    if (wait === 0 && this.#queue.length === 0) return void deliver();
    this.#queue.push(deliver);
    setTimeout(() => this.#queue.shift()?.(), wait);
  }

  /** Delivers what waits, and from now on at once. */
  hurry() {
    this.delay = 0;
    this.rate = Infinity;
    this.gap = 0;
    this.#free = 0;
    for (const deliver of this.#queue.splice(0)) deliver();
  }
}

/** @param {net.Socket} socket */
function end(socket) {
  if (socket.writable) socket.end();
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

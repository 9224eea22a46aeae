// Runs in the page: what users of socket.io-client reach for, row by row, through either client. A row is written once and gives
// what it has recorded; where the two are spelt differently, the spelling is in `SPELLING`.

export const SPELLING = {
  ours: {
    async open(options) {
      const { connect } = await import("/pkg/index.js");
      return connect({ forceNew: true, ...options });
    },
    manager: (client) => client,
    server: (client) => client.server,
    // It never stays away for good.
    isAway: () => false,
  },
  peer: {
    async open(options) {
      const { io } = await import("/peer/socket.io.esm.min.js");
      return io({ forceNew: true, transports: ["polling"], ...options });
    },
    // Of the connection tells the manager, of which a client of ours has no other.
    manager: (client) => client.io,
    // The socket has three events of its own, whose names a server cannot use.
    server: (client) => client,
    isAway: (client) => !client.active,
  },
};

/** Runs one row. @param {string} name @param {"ours" | "peer"} which @param {string} path of the server */
export async function run(name, which, path) {
  const clients = [];
  const { open, ...spelling } = SPELLING[which];
  const tools = {
    ...spelling,
    async open(options) {
      const client = await open({ path, ...options });
      clients.push(client);
      return client;
    },
    async live(options) {
      const client = await tools.open(options);
      await until(() => client.connected);
      return client;
    },
  };
  try {
    return await ROWS[name](tools);
  } finally {
    for (const client of clients) client.close();
  }
}

export async function until(holds, within = 60_000) {
  for (const end = performance.now() + within; performance.now() < end; ) {
    const found = await holds();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within ${within} ms: ${holds}`);
}

/** A command of the server's control, which is at home in this page. */
async function control(name, body = {}) {
  await fetch(`/control/${name}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

const counted = async (event) => (await (await fetch("/control/stats")).json()).events[event] ?? 0;

/** Python's servers handle each event in a task of its own: its answer may come before what an earlier one sends. */
const echo = (client) => new Promise((resolve) => client.emit("echo", "behind it", resolve));

/** Errors have words of their own in each client. */
const isError = (value) => (value instanceof Error ? "an error" : value);

/** Bytes whatever their type, also where they are deep inside. */
function bytesIn(value) {
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) return { bytes: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(bytesIn);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bytesIn(member)]));
}

export const ROWS = {
  async "client.id is there while the client is connected, and new with each connection"({ open }) {
    const client = await open({ autoConnect: false });
    const seen = [client.id];
    for (let n = 0; n < 2; n += 1) {
      client.connect();
      await until(() => client.connected);
      seen.push(client.id);
      client.disconnect();
      seen.push(client.id);
    }
    return [...seen.map((id) => typeof id), "all different", new Set([seen[1], seen[3]]).size === 2];
  },

  async "emit(event, …, function) gets all values of the acknowledgement"({ live }) {
    const client = await live();
    const heard = [];
    const same = client.emit("echo", 1, "two", { three: [3] }, (...values) => heard.push(values)) === client;
    client.emit("echo", (...values) => heard.push(values));
    await until(() => heard.length === 2);
    return [same, ...heard];
  },

  async "timeout(ms).emit(event, …, function) gets an error or null first"({ live }) {
    const client = await live();
    const heard = [];
    const note = (error, ...values) => heard.push([isError(error), ...values]);
    client.timeout(10_000).emit("echo", 1, 2, note);
    await until(() => heard.length === 1);
    client.timeout(100).emit("unanswered", note);
    await until(() => heard.length === 2);
    client.timeout(10_000).emit("unanswered", note);
    client.disconnect();
    await until(() => heard.length === 3);
    return heard;
  },

  async "emitWithAck resolves with the first value, and rejects when there is none in time"({ live }) {
    const client = await live();
    const heard = [await client.emitWithAck("echo", "first", "second")];
    heard.push(await client.timeout(100).emitWithAck("unanswered").catch(isError));
    const lost = client.emitWithAck("unanswered").catch(isError);
    client.disconnect();
    heard.push(await lost);
    return heard;
  },

  async "autoConnect: false waits for connect(), with what came before"({ open }) {
    const client = await open({ autoConnect: false });
    const heard = [];
    client.on("connect", () => heard.push("connect"));
    client.on("bounced", (...args) => heard.push(args));
    client.emit("bounce", "early", 1);
    client.emit("bounce", "early", 2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    heard.push(client.connected);
    client.connect();
    await until(() => heard.length === 4);
    return heard;
  },

  async "disconnect() and connect() again keep handlers, and what is emitted in between"({ live }) {
    const client = await live();
    const heard = [];
    client.on("connect", () => heard.push("connect"));
    client.on("disconnect", (reason) => heard.push(`disconnect: ${reason}`));
    client.on("bounced", (...args) => heard.push(args));
    client.emit("bounce", "before");
    await until(() => heard.length === 1);
    client.disconnect();
    heard.push(client.connected);
    client.disconnect();
    client.emit("bounce", "in between");
    client.connect();
    await until(() => heard.length === 5);
    client.emit("bounce", "after");
    await until(() => heard.length === 6);
    return heard;
  },

  async "disconnect() before there was a connection keeps what waits for it"({ open }) {
    const client = await open({ autoConnect: false });
    const heard = [];
    client.on("bounced", (...args) => heard.push(args));
    client.emit("bounce", "waits");
    client.connect();
    client.emit("bounce", "too");
    const answer = client.timeout(10_000).emitWithAck("echo", "and this");
    client.disconnect();
    client.connect();
    await until(() => heard.length === 2);
    return [...heard.sort(), await answer];
  },

  async "close() tells disconnect to the page that closes"({ live }) {
    const client = await live();
    const heard = [];
    client.on("disconnect", (reason) => heard.push([reason, client.connected]));
    client.close();
    client.close();
    return heard;
  },

  async "onAny and prependAny hear every event before its own handlers, until offAny"({ live }) {
    const client = await live();
    const heard = [];
    const first = (...args) => heard.push(["first", ...args]);
    const second = (...args) => heard.push(["second", ...args]);
    client.on("bounced", (...args) => heard.push(["own", ...args]));
    client.onAny(second);
    client.prependAny(first);
    client.emit("bounce", 1, { two: 2 });
    await until(() => heard.length === 3);
    await control("emit", { event: "whatever", payload: 3 });
    await until(() => heard.length === 5);
    client.offAny(first);
    client.emit("bounce", 4);
    await until(() => heard.length === 7);
    client.offAny();
    client.emit("bounce", 5);
    await until(() => heard.length === 8);
    return heard;
  },

  async "onAnyOutgoing hears what is emitted in the moment in which it can leave"({ open }) {
    const client = await open({ autoConnect: false });
    const heard = [];
    const note = (...args) => heard.push(args);
    client.on("connect", () => heard.push("connect"));
    client.onAnyOutgoing(note);
    client.emit("count", "early", 1);
    client.timeout(10_000).emit("count", "early, with a function", () => {});
    heard.push("connects");
    client.connect();
    await until(() => client.connected && heard.length >= 4);
    client.prependAnyOutgoing((event) => heard.push(`first ${event}`));
    client.emit("count", "now");
    client.offAnyOutgoing(note);
    client.emit("count", "now");
    client.offAnyOutgoing();
    client.emit("count", "unheard");
    return heard;
  },

  async "once, off and a second handler"({ live }) {
    const client = await live();
    const heard = [];
    const gone = () => heard.push("gone");
    client.once("bounced", (n) => heard.push(`once ${n}`));
    client.on("bounced", (n) => heard.push(`on ${n}`));
    client.on("bounced", gone);
    client.off("bounced", gone);
    client.emit("bounce", 1);
    await until(() => heard.length === 2);
    client.emit("bounce", 2);
    await until(() => heard.length === 3);
    client.off("bounced");
    client.emit("bounce", 3);
    await echo(client);
    return heard;
  },

  async "events of the server that are named like the client's own"({ live, server }) {
    const client = await live();
    const heard = [];
    for (const event of ["warning", "state", "reconnect", "reconnect_attempt", "reconnect_failed", "search_engine_selected"]) {
      server(client).on(event, (...args) => heard.push([event, ...args]));
      await control("emit", { event, payload: { of: "the server" } });
    }
    await until(() => heard.length >= 6);
    return heard;
  },

  async "a question of the server is answered with several values"({ live }) {
    const client = await live();
    const before = (await (await fetch("/control/stats")).json()).answers.length;
    client.on("question", (value, answer) => answer(value + 1, { of: "the page" }));
    await control("ask", { event: "question", args: [41] });
    return (await until(async () => {
      const { answers } = await (await fetch("/control/stats")).json();
      return answers.length > before && answers.slice(before);
    }));
  },

  async "Blob and File are arguments as others, and keep their place"({ live }) {
    const client = await live();
    const heard = [];
    client.on("bounced", (...args) => heard.push(bytesIn(args)));
    client.emit("bounce", 1);
    client.emit("bounce", { deep: [new Blob([Uint8Array.of(1, 2)])] }, new File(["ab"], "ab.txt"));
    client.emit("bounce", 2, Uint8Array.of(3));
    await until(() => heard.length === 3);
    heard.push(bytesIn(await client.emitWithAck("echo", new Blob(["c"]))));
    return heard;
  },

  async "binary that is received, by its type"({ live }) {
    const client = await live();
    return (await client.emitWithAck("echo", Uint8Array.of(7, 0, 255).subarray(1))).constructor.name;
  },

  async "volatile throws nothing and is dropped without a connection"({ open }) {
    const client = await open({ autoConnect: false });
    const heard = [];
    client.on("bounced", (...args) => heard.push(args));
    client.volatile.emit("bounce", "dropped");
    client.connect();
    await until(() => client.connected);
    await echo(client);
    // socket.io-client drops it while a request is under way, too.
    await until(() => client.volatile.emit("bounce", "live") && heard.length > 0);
    client.disconnect();
    client.volatile.emit("bounce", "dropped");
    client.connect();
    await until(() => client.connected);
    await echo(client);
    return [...new Set(heard.flat())];
  },

  async "the server ends the connection"({ live, isAway }) {
    const client = await live();
    const heard = [];
    client.on("disconnect", (reason) => heard.push(reason));
    await control("disconnect");
    await until(() => heard.length === 1);
    await until(() => client.connected || isAway(client));
    return [...heard, client.connected ? "connects again by itself" : "stays away"];
  },

  async "a burst: 3,000 emits in one tick"({ live }) {
    const client = await live();
    const before = await counted("count");
    for (let n = 0; n < 3_000; n += 1) client.emit("count", n);
    const arrived = async () => (await counted("count")) - before;
    // Once one that came later is answered, nothing is under way. It may be lost with the others: so more than one.
    let answered = false;
    const ask = setInterval(() => client.emit("echo", "behind them", () => (answered = true)), 200);
    await until(() => answered, 60_000).finally(() => clearInterval(ask));
    // Flask handles each event in a thread of its own: they have come once it is three seconds since the last.
    let [count, since] = [await arrived(), performance.now()];
    await until(async () => {
      const now = await arrived();
      if (now !== count) [count, since] = [now, performance.now()];
      return count === 3_000 || performance.now() - since > 3_000;
    });
    return count === 3_000 ? "all arrive" : "some are lost";
  },

  async "much: 100 emits of 200 kB in two seconds"({ live }) {
    const client = await live();
    const before = await counted("count");
    const text = "x".repeat(200_000);
    for (let n = 0; n < 100; n += 1) {
      client.emit("count", text);
      if (n % 5 === 4) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await until(async () => (await counted("count")) - before === 100);
    return "all arrive";
  },

  async "1,000 acknowledgements that never come, and a plain emit behind them"({ live }) {
    const client = await live();
    const before = await counted("unanswered");
    let answered = 0;
    for (let n = 0; n < 1_000; n += 1) {
      client.emit("unanswered", n, () => (answered += 1));
      // Not in one tick, which is another row.
      if (n % 10 === 9) await echo(client);
    }
    client.emit("unanswered", "plain");
    await until(async () => (await counted("unanswered")) - before === 1_001);
    return ["all arrive", answered];
  },
};

/** The events of a connection in their order, for as long as the page lives. @param {"ours" | "peer"} which */
export async function watch(which, path) {
  const { open, manager } = SPELLING[which];
  const heard = (window.heard = []);
  const client = (window.watched = await open({ path, reconnectionDelay: 100, reconnectionDelayMax: 100, randomizationFactor: 0, reconnectionAttempts: Infinity }));
  for (const event of ["connect", "disconnect", "connect_error"]) client.on(event, () => heard.push(event));
  for (const event of ["reconnect_attempt", "reconnect"]) manager(client).on(event, (attempt) => heard.push(`${event} ${attempt}`));
}

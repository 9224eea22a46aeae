// Whose connection a call of connect() may share: one that is in the name of the same person, and in doubt none.

import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, connected, fake, moments, reported, settled } from "./fake.mjs";

const line = (message) => ({ message, level: "info" });
const token = (value) => ({ auth: () => ({ token: value }) });
const UNAUTHORIZED = { code: "UNAUTHORIZED", message: "not signed in" };

/** What each connection was given for its handshakes. */
const handshakes = ({ connections }) => connections.map((connection) => connection.of("provide").map(([, { auth }]) => auth && JSON.parse(auth).token));

let number = 0;

/** The module asks for credentials, as before each attempt. */
async function attempt(connection) {
  connection.tell("credentials", ++number);
  await settled();
}

/** A client whose connection is open and live. */
async function open(options, world = fake()) {
  const made = await connected(options, world);
  await attempt(made.connection);
  made.connection.tell("connect", undefined, { id: "first" });
  return made;
}

/** All that a client and its research tell, in order, and what the research says then. */
function recorded(client, research) {
  const told = [];
  for (const event of ["state", "connect", "disconnect", "connect_error", "reconnect", "warning"]) {
    client.on(event, (value) => told.push(`${event} ${value.name ?? value.code ?? value.id ?? value}`));
  }
  for (const event of ["log", "status", "task", "update", "failure", "end", "gap"]) {
    research?.on(event, (value) => told.push(`${event} ${value.message ?? value.status ?? value.code ?? value.progress ?? value}`));
  }
  return told;
}

// --- What functions answer -----------------------------------------------------------------------------------------------

for (const [what, later] of [
  ["whose functions answer otherwise", token("b")],
  ["that gives none", {}],
  ["whose function has nothing to give", { auth: () => null }],
  ["that has one header more", { ...token("a"), headers: async () => ({ "X-Tenant": "b" }) }],
  ["that has another query", { ...token("a"), query: () => new URLSearchParams("u=b") }],
]) {
  test(`a connection that lingers is not given to a call ${what}`, async () => {
    const { client, connection, world } = await open(token("a"));
    client.subscribe(7);
    connection.tell("log", "7", line("of a"));
    client.close();
    const next = await world.connect(later);
    assert.equal(world.connections.length, 2);
    assert.equal(connection.of("close").length, 1);
    const research = next.subscribe(7);
    assert.deepEqual([next.state.name, research.state.logs, research.state.source], ["connecting", [], null]);
  });

  test(`a connection that others have is not given to a call ${what}`, async () => {
    const { connection, world } = await open(token("a"));
    await world.connect(later);
    assert.equal(world.connections.length, 2);
    assert.deepEqual(connection.of("close"), []);
  });
}

test("a call with credentials is not given a connection that has none", async () => {
  const { world } = await open();
  await world.connect(token("a"));
  assert.equal(world.connections.length, 2);
});

test("the same function is asked anew, and another answer is another person", async () => {
  let user = "a";
  const auth = () => ({ token: user });
  const { client, world } = await open({ auth });
  client.close();
  user = "b";
  await world.connect({ auth });
  await attempt(world.connection);
  assert.deepEqual(handshakes(world), [["a"], ["b"]]);
});

test("functions that give a new token each time share no connection", async () => {
  let last = 0;
  const auth = () => ({ token: ++last });
  const world = fake();
  await Promise.all([world.connect({ auth }), world.connect({ auth })]);
  assert.equal(world.connections.length, 2);
});

test("the first handshake carries what was compared, and asks nothing twice", async () => {
  let asked = 0;
  const { world } = await open({ auth: async () => ({ token: ++asked }) });
  assert.deepEqual([asked, handshakes(world)], [1, [[1]]]);
});

test("of calls at once those whose functions answer the same share a connection, however long each takes", async () => {
  const world = fake();
  const give = {};
  const slow = (who) => ({ auth: () => new Promise((resolve) => (give[who] = () => resolve({ token: who.charAt(0) }))) });
  const calls = ["a first", "b", "a second", "a third"].map((who) => world.connect(slow(who)));
  await settled();
  assert.equal(world.connections.length, 0);
  for (const who of ["a second", "b", "a first", "a third"]) give[who]();
  await Promise.all(calls);
  for (const connection of world.connections) await attempt(connection);
  assert.deepEqual(handshakes(world), [["a"], ["b"]]);
});

for (const [why, auth, words] of [
  ["fails", () => { throw new Error("signed out"); }, /signed out/],
  ["gives nothing in time", () => new Promise(() => {}), /nothing within 50 ms/],
]) {
  test(`a call whose function ${why} has a connection of its own, which is told so and which nobody joins`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const world = fake();
    await world.connect({ timeout: 50 });
    const call = () => {
      const client = world.connect({ auth, timeout: 50 });
      return settled().then(() => (t.mock.timers.tick(50), client));
    };
    await call();
    await call();
    assert.equal(world.connections.length, 3);
    await attempt(world.connection);
    assert.match(world.connection.of("refuse")[0][1], words);
  });
}

test("a connection whose first handshake could not be asked for is shared once it could", async () => {
  let signedIn = false;
  const auth = () => { if (signedIn) return { token: "a" }; throw new Error("signed out"); };
  const world = fake();
  await world.connect({ auth });
  await attempt(world.connection);
  signedIn = true;
  await attempt(world.connection);
  await world.connect(token("a"));
  assert.deepEqual(handshakes(world), [["a"]]);
});

test("a signal that aborts while the functions are asked stops at once, and nothing is opened", async () => {
  const world = fake();
  const controller = new AbortController();
  const code = codeOf(world.connect({ auth: () => new Promise(() => {}), signal: controller.signal }));
  await settled();
  controller.abort();
  assert.equal(await code, "ABORTED");
  assert.equal(world.connections.length, 0);
});

test("a connection that closes while the functions are asked is not given", async (t) => {
  const pass = moments(t);
  const { client, connection, world } = await open(token("a"));
  let give;
  const call = world.connect({ auth: () => new Promise((resolve) => (give = resolve)) });
  await settled();
  client.close();
  pass();
  give({ token: "a" });
  await call;
  assert.deepEqual([world.connections.length, connection.of("close").length], [2, 1]);
});

test("with forceNew nothing is compared, so nothing is asked before the handshake", async () => {
  const world = fake();
  let asked = 0;
  await world.connect({ forceNew: true, auth: () => ({ token: ++asked }) });
  assert.equal(asked, 0);
  await attempt(world.connection);
  assert.deepEqual(handshakes(world), [[1]]);
});

// --- At a reconnection ---------------------------------------------------------------------------------------------------

/** Two clients that share a connection, each with a token that the test can change. */
async function two() {
  const users = { one: "a", two: "a" };
  const made = await open({ auth: () => ({ token: users.one }) });
  const other = await made.world.connect({ auth: async () => ({ token: users.two }) });
  return { ...made, other, users };
}

test("all who share a connection are asked, and stay together if they answer the same", async () => {
  const { connection, world, users } = await two();
  users.one = users.two = "a, renewed";
  await attempt(connection);
  assert.deepEqual(handshakes(world), [["a", "a, renewed"]]);
});

test("who answers otherwise goes on over a connection of its own, and the others over theirs", async () => {
  const { client, other, connection, world, users } = await two();
  const research = other.subscribe(7);
  const told = recorded(other, research);
  connection.tell("verified", "7", true);
  connection.tell("log", "7", line("before"));
  users.two = "b";
  await attempt(connection);
  await attempt(world.connection);
  assert.deepEqual(handshakes(world), [["a", "a"], ["b"]]);
  assert.deepEqual(told, ["log before", "state reconnecting", "disconnect transport close"]);
  assert.equal(other.state.name, "reconnecting");
  assert.equal(other.state.reason.code, "DISCONNECTED");
  assert.equal(client.state.name, "connected");
});

test("a newcomer hears of a research as the server wrote it once the server has shown it, by name and by onAny", async () => {
  const { client, other, connection } = await two();
  const told = [];
  client.on("progress_7", (n) => told.push(`theirs ${n}`));
  other.on("progress_7", (n) => told.push(`named ${n}`));
  other.onAny((event, n) => told.push(`any ${event} ${n}`));
  const tell = (n) => {
    for (const event of ["progress_7", "research_progress_8", "news"]) connection.tell("event", event, [n]);
  };
  client.subscribe(7);
  client.subscribe(8);
  other.subscribe(7);
  tell(1);
  connection.tell("verified", "7", true);
  tell(2);
  assert.deepEqual(told, ["theirs 1", "any news 1", "theirs 2", "any progress_7 2", "named 2", "any news 2"]);
});

test("it keeps what it has, and hears what comes as after a reconnection", async () => {
  const { client, other, connection, world, users } = await two();
  const research = other.subscribe(7);
  const theirs = client.subscribe(7);
  const news = [];
  other.on("news", (text) => news.push(text));
  client.on("news", (text) => news.push(`theirs: ${text}`));
  connection.tell("log", "7", line("before"));
  connection.tell("verified", "7", true);
  const answer = codeOf(other.emitWithAck("question"));
  await settled();
  users.two = "b";
  await attempt(connection);
  const next = world.connection;
  assert.deepEqual(next.names().slice(0, 4), ["open", "listen", "subscribe", "recall"]);
  assert.deepEqual(JSON.parse(next.of("recall")[0][2]), [line("before")]);
  assert.equal(await answer, "DISCONNECTED");

  const told = recorded(other, research);
  next.tell("state", undefined, { name: "connected" });
  next.tell("connect", undefined, { id: "second" });
  next.tell("log", "7", line("after"));
  next.tell("event", "news", ["of b"]);
  connection.tell("log", "7", line("of a"));
  connection.tell("event", "news", ["of a"]);
  next.tell("end", "7", { status: "completed" });
  assert.deepEqual(told, ["state connected", "reconnect 0", "connect second", "log after", "end completed"]);
  assert.deepEqual(news, ["of b", "theirs: of a"]);
  assert.deepEqual(research.state.logs.map(({ message }) => message), ["before", "after"]);
  assert.deepEqual(theirs.state.logs.map(({ message }) => message), ["before", "of a"]);
  assert.equal((await research.done).status, "completed");
});

test("whose function fails then goes on over a connection of its own, and if all fail all wait together", async () => {
  const users = {};
  const auth = (who) => () => { if (users[who] === "fails") throw new Error("signed out"); return { token: "a" }; };
  const { connection, world } = await open({ auth: auth("one") });
  await world.connect({ auth: auth("two") });
  users.one = users.two = "fails";
  await attempt(connection);
  assert.deepEqual([world.connections.length, connection.of("refuse").length], [1, 1]);
  users.two = "";
  await attempt(connection);
  assert.deepEqual(handshakes(world), [["a", "a"], []]);
});

test("who takes a second longer than the others goes on over a connection of its own", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let give = () => ({ token: "a" });
  const { connection, world } = await open(token("a"));
  await world.connect({ auth: () => give() });
  give = () => new Promise(() => {});
  await attempt(connection);
  assert.equal(connection.of("provide").length, 1);
  t.mock.timers.tick(1000);
  await settled();
  assert.deepEqual([connection.of("provide").length, world.connections.length], [2, 2]);
});

test("the same function of several is asked once, so a new token each time does not part them", async () => {
  let last = 0;
  const answers = ["a", "a", "b"];
  const auth = () => ({ token: answers[last++] });
  const { connection, world } = await open({ auth });
  await world.connect({ auth });
  await attempt(connection);
  assert.deepEqual([last, handshakes(world)], [3, [["a", "b"]]]);
});

test("a connection whose functions have answered otherwise since is given to nobody any more", async () => {
  const { connection, world, users } = await two();
  users.one = users.two = "b";
  await attempt(connection);
  const next = await world.connect(token("b"));
  assert.deepEqual([world.connections.length, next.subscribe(7).state.logs], [2, []]);
  await world.connect(token("b"));
  assert.equal(world.connections.length, 2);
});

test("a connection that nobody has is closed instead of asking in somebody's name", async () => {
  const { client, connection } = await open(token("a"));
  client.close();
  await attempt(connection);
  assert.deepEqual([connection.of("provide").length, connection.of("close").length], [1, 1]);
});

test("an answer that comes after the next question says nothing of whose connection it is", async () => {
  const answers = [{ token: "a" }];
  const { connection, world } = await open({ auth: () => answers.shift() });
  let give;
  answers.push(new Promise((resolve) => (give = resolve)), { token: "a" });
  await attempt(connection);
  await attempt(connection);
  (await world.connect(token("a"))).subscribe(7);
  give({ token: "late" });
  await settled();
  (await world.connect(token("a"))).subscribe(8);
  assert.deepEqual([handshakes(world), connection.of("verify")], [[["a", "a"]], [["7"], ["8"]]]);
});

test("a client that is closed while all are asked is asked for nothing more", async () => {
  const { client, other, connection, users, world } = await two();
  users.two = "b";
  connection.tell("credentials", ++number);
  other.close();
  client.close();
  await settled();
  assert.deepEqual([world.connections.length, connection.of("provide").length, connection.of("close").length], [1, 1, 1]);
});

// --- Cookies, which no page sees -------------------------------------------------------------------------------------------

/** A newcomer to an open connection, and its research, of which something is known from before. */
async function newcomer(options) {
  const made = await open(options);
  made.world.answers.snapshot = { status: "in_progress" };
  const theirs = made.client.subscribe(7);
  made.connection.tell("log", "7", line("known"));
  made.connection.tell("status", "7", { status: "in_progress", previous: null });
  const next = await made.world.connect(options);
  const research = next.subscribe(7);
  return { ...made, theirs, next, research, told: recorded(next, research) };
}

test("who comes to an open connection sees nothing of a research before the server has shown it to them", async () => {
  const { connection, research, theirs, told } = await newcomer();
  connection.tell("log", "7", line("live"));
  assert.deepEqual(connection.of("verify"), [["7"]]);
  assert.deepEqual([told, research.state.logs, research.state.status], [[], [], null]);
  assert.equal(theirs.state.logs.length, 2);

  connection.tell("verified", "7", true);
  connection.tell("log", "7", line("next"));
  assert.deepEqual(told, ["log known", "log live", "status in_progress", "update in_progress", "log next"]);
  assert.deepEqual(research.state.logs.map(({ message }) => message), ["known", "live", "next"]);
});

test("a loop over the lines has them all as soon as they may be seen", async () => {
  const { connection, research } = await newcomer();
  const seen = [];
  const loop = (async () => { for await (const { message } of research.logs()) seen.push(message); })();
  connection.tell("verified", "7", true);
  connection.tell("end", "7", { status: "completed" });
  await loop;
  assert.deepEqual(seen, ["known"]);
});

test("an end from before is heard once it may be, once", async () => {
  const { connection, told, world } = await newcomer();
  connection.tell("end", "7", { status: "completed" });
  const late = (await world.connect()).subscribe(7);
  connection.tell("verified", "7", true);
  assert.equal((await late.done).status, "completed");
  assert.deepEqual(told.filter((text) => text.startsWith("end")), ["end completed"]);
});

test("of a research that is new to the connection nothing is told either before it is shown", async () => {
  const { next, connection } = await newcomer();
  const research = next.subscribe(8);
  const told = recorded(next, research);
  connection.tell("log", "8", line("of a session from before"));
  assert.deepEqual([told, connection.of("verify")], [[], [["7"], ["8"]]]);
});

test("credentials for a retry over a live connection are no handshake: what a newcomer follows then is verified all the same", async () => {
  const { next, connection } = await newcomer();
  connection.tell("credentials", ++number, true);
  await settled();
  const told = recorded(next, next.subscribe(8));
  connection.tell("log", "8", line("perhaps another's"));
  assert.deepEqual([told, connection.of("verify")], [[], [["7"], ["8"]]]);
});

test("calls that were there before the handshake wait for nothing", async () => {
  const world = fake();
  const clients = await Promise.all([world.connect(), world.connect()]);
  const researches = clients.map((client) => client.subscribe(7));
  await attempt(world.connection);
  world.connection.tell("log", "7", line("one"));
  assert.deepEqual(researches.map(({ state }) => state.logs.length), [1, 1]);
  assert.deepEqual(world.connection.of("verify"), []);
});

for (const [what, tell] of [
  ["the server does not show the research", (connection) => connection.tell("verified", "7", false)],
  ["the server refuses the subscription", (connection) => connection.tell("failure", "7", { code: "UNAUTHORIZED", title: "Not Allowed" })],
  ["the server refuses status or log", (connection) => connection.tell("warning", undefined, { code: "unauthorized", message: "sign in", research: "7" })],
  ["the server refuses a subscription without saying which", (connection) => connection.tell("warning", undefined, { code: "unauthorized", message: "no" })],
  ["the server refuses the session", (connection) => connection.tell("state", undefined, { name: "stopped", reason: UNAUTHORIZED })],
  ["the server refuses the session for now", (connection) => connection.tell("state", undefined, { name: "reconnecting", reason: UNAUTHORIZED, delay: 5000 })],
]) {
  test(`if ${what}, the newcomer goes on over a connection of its own, and hears it as a reconnection`, async (t) => {
    const errors = reported(t);
    const { client, connection, next, research, theirs, told, world } = await newcomer();
    const heard = recorded(client, theirs);
    tell(connection);
    assert.equal(world.connections.length, 2);
    const own = world.connection;
    assert.deepEqual(own.names(), ["open", "subscribe"]);
    assert.deepEqual(told.splice(0, 2), ["state reconnecting", "disconnect transport close"]);
    connection.tell("log", "7", line("of the others"));
    await attempt(own);
    own.tell("state", undefined, { name: "connected" });
    own.tell("connect", undefined, { id: "second" });
    own.tell("log", "7", line("own"));
    assert.deepEqual(told, ["state connected", "reconnect 0", "connect second", "log own"]);
    assert.deepEqual(research.state.logs.map(({ message }) => message), ["own"]);
    assert.equal(next.connected, true);
    // The others go on as they were.
    assert.equal(heard.at(-1), "log of the others");
    assert.ok(!heard.some((text) => /^reconnect /.test(text)), String(heard));
    assert.deepEqual([connection.of("close"), theirs.state.logs.length], [[], 2]);
    assert.deepEqual(errors, []);
  });
}

test("that happens once: what the server refuses over its own connection it hears", async () => {
  const { connection, told, world } = await newcomer();
  connection.tell("verified", "7", false);
  const own = world.connection;
  await attempt(own);
  own.tell("warning", undefined, { code: "unauthorized", message: "sign in", research: "7" });
  own.tell("failure", "7", { code: "UNAUTHORIZED", title: "Not Allowed" });
  own.tell("state", undefined, { name: "stopped", reason: UNAUTHORIZED });
  assert.equal(world.connections.length, 2);
  assert.deepEqual(told.slice(2), ["warning unauthorized", "failure UNAUTHORIZED", "state stopped"]);
});

test("all newcomers who are refused share one other connection", async () => {
  const { world, connection } = await newcomer();
  for (const id of [7, 7, 8, 9]) (await world.connect()).subscribe(id);
  connection.tell("verified", "7", false);
  await attempt(world.connection);
  const own = world.connection;
  own.tell("state", undefined, { name: "connected" });
  own.tell("connect", undefined, { id: "second" });
  connection.tell("verified", "8", false);
  connection.tell("verified", "9", false);
  assert.equal(world.connections.length, 2);
  assert.deepEqual(own.of("subscribe"), [[7], [8], [9]]);
  assert.deepEqual(own.of("verify"), []);
});

test("who comes to such a connection when it is live is told that it is", async () => {
  const { world, connection, next } = await newcomer();
  const late = await world.connect();
  const research = late.subscribe(8);
  const told = recorded(late, research);
  connection.tell("verified", "7", false);
  const own = world.connection;
  await attempt(own);
  own.tell("state", undefined, { name: "connected" });
  own.tell("connect", undefined, { id: "second" });
  connection.tell("verified", "8", false);
  assert.deepEqual(told, ["state reconnecting", "disconnect transport close", "state connected", "reconnect 0", "connect second"]);
  assert.deepEqual([late.connected, next.connected], [true, true]);
});

test("a connection at which somebody was refused is given to nobody any more, and the newest one is", async () => {
  const { connection, world } = await newcomer();
  connection.tell("verified", "7", false);
  (await world.connect()).subscribe(7);
  assert.equal(world.connections.length, 2);
  assert.deepEqual(connection.of("subscribe"), [[7]]);
});

test("with its last client a connection at which somebody was refused closes at once", async () => {
  const { client, connection } = await newcomer();
  client.close();
  connection.tell("verified", "7", false);
  assert.equal(connection.of("close").length, 1);
});

test("what a newcomer has heard since is kept, and not asked for again, when it goes on elsewhere", async () => {
  const { connection, next, research, world } = await newcomer();
  connection.tell("verified", "7", true);
  next.subscribe(8);
  connection.tell("verified", "8", false);
  const own = world.connection;
  assert.deepEqual(own.of("recall").map(([id, , lines]) => [id, JSON.parse(lines)]), [["7", [line("known")]]]);
  assert.deepEqual(research.state.logs, [line("known")]);
  own.tell("log", "7", line("own"));
  assert.deepEqual(research.state.logs.map(({ message }) => message), ["known", "own"]);
});

test("lines from before stay unseen also where who has heard them goes on", async () => {
  const { connection, next, research, world } = await newcomer();
  connection.tell("verified", "7", true);
  const late = await world.connect();
  const hidden = late.subscribe(7);
  for (const client of [next, late]) client.subscribe(8);
  connection.tell("verified", "8", false);
  assert.deepEqual([research.state.logs.length, hidden.state.logs], [1, []]);
  for (const own of world.connections.slice(1)) own.tell("state", undefined, { name: "connected" });
  assert.deepEqual(hidden.state.logs, []);
});

test("a newcomer to whom the server says nothing for seconds goes on over a connection of its own", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { world } = await newcomer();
  t.mock.timers.tick(4999);
  assert.equal(world.connections.length, 1);
  t.mock.timers.tick(1);
  assert.equal(world.connections.length, 2);
});

test("while there is no connection it waits for one, which will be in the name of whoever is signed in then", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, research, told, world } = await newcomer();
  connection.tell("state", undefined, { name: "reconnecting", attempt: 1, delay: 9000 });
  t.mock.timers.tick(9000);
  // What comes meanwhile, of a status that is polled, is for whoever was signed in before.
  connection.tell("log", "7", line("polled"));
  assert.deepEqual([world.connections.length, told, research.state.logs], [1, ["state reconnecting"], []]);
  connection.tell("state", undefined, { name: "connected" });
  connection.tell("verified", "7", true);
  t.mock.timers.tick(9000);
  assert.deepEqual([world.connections.length, research.state.logs.length], [1, 2]);
});

test("who has been shown the research stays when another waits for it in vain", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { connection, told, world } = await newcomer();
  connection.tell("verified", "7", true);
  told.length = 0;
  (await world.connect()).subscribe(7);
  t.mock.timers.tick(5000);
  connection.tell("log", "7", line("next"));
  assert.deepEqual([told, world.connections.length], [["log next"], 2]);
});

test("of what was wrong with a research that a newcomer may not see yet, or does not follow, it hears nothing", async () => {
  const { client, connection, next, told } = await newcomer();
  client.subscribe(8);
  const heard = recorded(client);
  for (const research of ["7", "8"]) connection.tell("warning", undefined, { code: "wrong-type", message: "m", research, excerpt: "words of a" });
  connection.tell("warning", undefined, { code: "damaged-packet", message: "m" });
  connection.tell("verified", "7", true);
  connection.tell("warning", undefined, { code: "wrong-type", message: "m", research: "7" });
  assert.deepEqual(told.filter((text) => text.startsWith("warning")), ["warning damaged-packet", "warning wrong-type"]);
  assert.equal(heard.length, 4);
  assert.equal(next.connected, true);
});

test("without a status that could be asked for an open connection is given to nobody", async () => {
  const { client, world } = await open({ fallback: false });
  await world.connect({ fallback: false });
  await attempt(world.connection);
  assert.equal(world.connections.length, 2);
  client.close();
  await world.connect({ fallback: false });
  assert.equal(world.connections.length, 3);
});

test("who waits for the server waits for it again after a trap", async (t) => {
  reported(t);
  const { world, connection, research, told } = await newcomer();
  world.answers.refresh = Object.assign(new Error("unreachable"), { name: "RuntimeError" });
  assert.throws(() => research.refresh());
  await settled();
  const fresh = world.connection;
  assert.notEqual(fresh, connection);
  assert.deepEqual(fresh.names(), ["open", "subscribe", "recall", "verify"]);
  assert.deepEqual(research.state.logs, []);
  fresh.tell("verified", "7", true);
  assert.deepEqual(told.slice(-3), ["log known", "status in_progress", "update in_progress"]);
});

test("a newcomer that lets go of a research while it waits leaves nothing behind", async (t) => {
  const pass = moments(t);
  const { client, connection, research, told, world } = await newcomer();
  client.unsubscribe(7);
  research.unsubscribe();
  connection.tell("verified", "7", true);
  pass();
  t.mock.timers.tick(5000);
  assert.deepEqual(connection.of("unsubscribe"), [["7"]]);
  assert.deepEqual([told, world.connections.length], [[], 1]);
});

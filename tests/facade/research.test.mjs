// The research: one object for one id, its state, events, end, loops, cancelling.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ResearchSocketError } from "../../pkg-template/client/error.js";
import { codeOf, connected, fake, moments, settled } from "./fake.mjs";

const END = { status: "completed", message: "Done", progress: 100, error: null, source: "live" };
const line = (message, level = "info") => ({ message, level, time: "2026-11-21T20:45:09Z" });

test("the same id is the same object, as a number or as a string", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  assert.equal(client.subscribe("7"), research);
  assert.equal(research.id, "7");
  // The server may tell a number from a string: it gets what the page gave first.
  assert.deepEqual(connection.of("subscribe"), [[7]]);
});

for (const id of ["", undefined, null, NaN, 1.5, {}]) {
  test(`the id ${String(id) || '""'} is refused`, async () => {
    const { client, connection } = await connected();
    assert.throws(() => client.subscribe(id), TypeError);
    assert.deepEqual(connection.of("subscribe"), []);
  });
}

test("a wrong handler leaves no subscription behind", async () => {
  const { client, connection } = await connected();
  assert.throws(() => client.subscribe(7, "f"), TypeError);
  assert.deepEqual(connection.of("subscribe"), []);
});

test("the handler of subscribe hears of the updates", async () => {
  const { client, connection } = await connected();
  const heard = [];
  client.subscribe(7, (update) => heard.push(update.progress));
  connection.tell("update", "7", { progress: 5 });
  connection.tell("update", "8", { progress: 6 });
  assert.deepEqual(heard, [5]);
});

test("each event reaches its handlers with what belongs to it", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe("r");
  const told = {
    update: { progress: 5, anything: [1] },
    log: line("one"),
    status: { status: "in_progress", previous: null },
    task: "Searching",
    step: { phase: "thought", thought: "hm" },
    engine: { name: "searxng", resultCount: 10 },
    failure: { code: "timeout", title: "LLM Timeout Error", text: "…", detail: null, suggestion: null },
    gap: { from: 1, to: 2, recovered: 0, missing: null },
    end: END,
  };
  const heard = {};
  for (const event of Object.keys(told)) research.on(event, (value) => (heard[event] = value));
  for (const [event, value] of Object.entries(told)) connection.tell(event, "r", value);
  assert.deepEqual(heard, told);
});

test("a misspelt event is refused with the names there are", async () => {
  const { client } = await connected();
  assert.throws(() => client.subscribe(7).on("updates", () => {}), /update, log, status/);
});

test("the state has all its fields before anything has come", async () => {
  const { client } = await connected();
  const { state } = client.subscribe(7);
  assert.deepEqual(state, {
    id: "7", status: null, progress: null, message: null, currentTask: null, phase: null, error: null, engine: null,
    queuePosition: null, refusal: null, historyRead: false, startedAt: null, updatedAt: null, estimatedTimeLeft: null, source: null, logs: [], droppedLogs: 0,
  });
});

test("why the server does not show it is an event and in the state, until it shows it again", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  const heard = [];
  research.on("refusal", (refusal) => heard.push([refusal, research.state.refusal]));
  for (const refusal of ["unauthorized", "not-found", null]) connection.tell("refusal", "7", refusal);
  assert.deepEqual(heard, [["unauthorized", "unauthorized"], ["not-found", "not-found"], [null, null]]);
});

test("that the stored log was read is told once, after a trap too, and stays in the state", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  const heard = [];
  research.on("history", (value) => heard.push([value, research.state.historyRead]));
  const { state } = research;
  connection.tell("history", "7", undefined);
  assert.notEqual(research.state, state, "a page that compares states has to see it");
  const read = research.state;
  // As an instance does that has started after a trap.
  connection.tell("history", "7", undefined);
  assert.equal(research.state, read);
  assert.deepEqual(heard, [[undefined, true]]);
  assert.equal(client.subscribe(7).state.historyRead, true);
});

test("the state is the module's snapshot, frozen through and through, and the same until something changes", async () => {
  const { client, connection, world } = await connected();
  const research = client.subscribe(7);
  let reads = 0;
  world.answers.snapshot = () => ({ progress: ++reads, engine: { name: "searxng" } });
  connection.tell("update", "7", { progress: 1 });
  const { state } = research;
  assert.equal(state.progress, 1);
  assert.equal(research.state, state);
  assert.equal(reads, 1);
  assert.ok(Object.isFrozen(state) && Object.isFrozen(state.engine) && Object.isFrozen(state.logs));
  connection.tell("log", "7", line("one"));
  assert.notEqual(research.state, state);
  assert.deepEqual(state.logs, []);
  assert.deepEqual(research.state.logs, [line("one")]);
});

test("the newest lines are kept, as many as maxLogs says, and the rest is counted", async () => {
  const { client, connection } = await connected({ maxLogs: 3 });
  const research = client.subscribe(7);
  for (let n = 1; n <= 1000; n += 1) connection.tell("log", "7", line(`line ${n}`));
  assert.deepEqual(research.state.logs.map(({ message }) => message), ["line 998", "line 999", "line 1000"]);
  assert.equal(research.state.droppedLogs, 997);
});

test("kept lines are bounded in size too, whatever they are made of, and more may be kept if the page asks for more lines", async () => {
  const empty = Array.from({ length: 100 }, () => []);
  for (const [maxLogs, more, least, most] of [
    [5000, { text: "x".repeat(100_000) }, 60, 80],
    // A thousand times 33 characters of JSON are more than ten times that in memory.
    [5000, { deep: Array.from({ length: 100 }, () => empty) }, 20, 60],
    [10, { text: "x".repeat(100_000) }, 10, 10],
    [10_000, { text: "x".repeat(100_000) }, 120, 160],
  ]) {
    const { client, connection } = await connected({ maxLogs });
    const research = client.subscribe(7);
    for (let n = 1; n <= 300; n += 1) connection.tell("log", "7", { ...line(`line ${n}`), ...more });
    const { logs, droppedLogs } = research.state;
    assert.ok(least <= logs.length && logs.length <= most, `${logs.length} kept with maxLogs ${maxLogs}`);
    assert.equal(logs.at(-1).message, "line 300");
    assert.equal(droppedLogs, 300 - logs.length);
  }
});

test("a kept line has the same number for as long as it is kept, whatever goes before it", async () => {
  const { client, connection } = await connected({ maxLogs: 5 });
  const research = client.subscribe(7);
  const numbers = new Map();
  for (let n = 0; n < 600; n += 1) {
    // The same words twice are two lines, and a large one drives out others.
    connection.tell("log", "7", { ...line(`line ${n % 7}`), ...(n % 200 === 199 && { text: "x".repeat(7_000_000) }) });
    const { logs, droppedLogs } = research.state;
    logs.forEach((entry, index) => {
      const number = droppedLogs + index;
      assert.equal(numbers.get(entry) ?? number, number);
      numbers.set(entry, number);
    });
    assert.equal(numbers.get(logs.at(-1)), n);
  }
  assert.equal(new Set(numbers.values()).size, 600);
});

test("maxLogs: 0 keeps none, and handlers hear of each all the same", async () => {
  const { client, connection } = await connected({ maxLogs: 0 });
  const research = client.subscribe(7);
  let heard = 0;
  research.on("log", () => (heard += 1));
  connection.tell("log", "7", line("one"));
  assert.deepEqual([research.state.logs, research.state.droppedLogs, heard], [[], 1, 1]);
});

test("a log line is frozen, since all share it", async () => {
  const { client, connection } = await connected();
  const seen = [];
  client.subscribe(7).on("log", (entry) => seen.push(Object.isFrozen(entry)));
  connection.tell("log", "7", line("one"));
  assert.deepEqual(seen, [true]);
});

test("done resolves with the end, and the end is heard once", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  let ends = 0;
  research.on("end", () => (ends += 1));
  connection.tell("end", "7", { ...END });
  connection.tell("end", "7", { ...END });
  assert.deepEqual(await research.done, END);
  assert.equal(ends, 1);
});

test("done rejects when the page lets go first, and does no harm when nobody asked", async (t) => {
  const unhandled = [];
  const note = (error) => unhandled.push(error);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  const { client } = await connected();
  const [one, two] = [client.subscribe(1), client.subscribe(2)];
  one.unsubscribe();
  client.close();
  await settled();
  assert.deepEqual(unhandled, []);
  assert.equal(await codeOf(one.done), "ABORTED");
  assert.equal(await codeOf(two.done), "CLOSED");
});

test("a connection that closes needs no unsubscribing, and the last state stays", async (t) => {
  const pass = moments(t);
  const { client, connection, world } = await connected();
  const research = client.subscribe(7);
  world.answers.snapshot = { status: "in_progress", progress: 40 };
  connection.tell("update", "7", { progress: 40 });
  client.close();
  pass();
  assert.equal(connection.of("close").length, 1);
  assert.deepEqual(connection.of("unsubscribe"), []);
  world.answers.snapshot = undefined;
  assert.equal(research.state.progress, 40);
});

test("one unsubscribe ends it; a new subscribe is a new object", async (t) => {
  const pass = moments(t);
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  client.subscribe(7);
  client.unsubscribe("7");
  client.unsubscribe(7);
  pass();
  assert.deepEqual(connection.of("unsubscribe"), [["7"]]);
  const next = client.subscribe(7);
  assert.notEqual(next, research);
  // The old one's is over: it must not end the new one's.
  research.unsubscribe();
  pass();
  assert.equal(connection.of("unsubscribe").length, 1);
});

test("after unsubscribing no handler is called, and the last state stays", async () => {
  const { client, connection, world } = await connected();
  world.answers.snapshot = () => ({ progress: 40 });
  const research = client.subscribe(7);
  const heard = [];
  research.on("update", () => {
    heard.push("first");
    research.unsubscribe();
  });
  research.on("update", () => heard.push("second"));
  connection.tell("update", "7", { progress: 40 });
  connection.tell("update", "7", { progress: 50 });
  assert.deepEqual(heard, ["first"]);
  world.answers.snapshot = () => ({ progress: 99 });
  assert.equal(research.state.progress, 40);
});

test("clients that share a connection share a subscription, and each has its own object", async (t) => {
  const pass = moments(t);
  const { client, connection, world } = await connected();
  const other = await world.connect();
  const [one, two] = [client.subscribe(7), other.subscribe(7)];
  assert.notEqual(one, two);
  connection.tell("log", "7", line("one"));
  assert.equal(one.state, two.state);
  client.close();
  pass();
  assert.deepEqual(connection.of("unsubscribe"), []);
  other.unsubscribe(7);
  pass();
  assert.deepEqual(connection.of("unsubscribe"), [["7"]]);
});

test("who subscribes later through another client finds the lines kept so far", async () => {
  const { client, connection, world } = await connected();
  client.subscribe(7);
  connection.tell("log", "7", line("one"));
  const late = (await world.connect()).subscribe(7);
  connection.tell("verified", "7", true);
  assert.equal(late.state.logs.length, 1);
});

test("who subscribes after the end through another client hears of it too, once", async () => {
  const { client, connection, world } = await connected();
  client.subscribe(7);
  connection.tell("end", "7", { ...END });
  const late = (await world.connect()).subscribe(7);
  connection.tell("verified", "7", true);
  const heard = [];
  late.on("end", (end) => heard.push(end));
  assert.deepEqual(await late.done, END);
  await settled();
  assert.deepEqual(heard, [END]);
});

test("logs() gives the lines kept so far and then each new one, to the end", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  connection.tell("log", "7", line("before"));
  const seen = [];
  const loop = (async () => {
    for await (const entry of research.logs()) seen.push(entry.message);
  })();
  await settled();
  connection.tell("log", "7", line("after"));
  connection.tell("end", "7", { ...END });
  await loop;
  assert.deepEqual(seen, ["before", "after"]);
});

test("logs() refuses what would wait for ever in silence", async () => {
  const { client } = await connected();
  const research = client.subscribe(7);
  for (const [options, words] of [
    [{ level: "warn" }, /no level "warn".*warning/],
    [{ level: ["error", undefined] }, /no level "undefined"/],
    [{ level: null }, /no level "null"/],
    [null, /options of logs\(\) must be an object/],
    ["error", /options of logs\(\) must be an object/],
  ]) {
    assert.throws(() => research.logs(options), { name: "TypeError", message: words });
  }
});

test("logs({ level }) takes one level or several", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  const [errors, both] = [research.logs({ level: "error" }), research.logs({ level: ["error", "milestone"] })];
  for (const level of ["info", "error", "milestone", "info"]) connection.tell("log", "7", line(level, level));
  connection.tell("end", "7", { ...END });
  assert.deepEqual(await messages(errors), ["error"]);
  assert.deepEqual(await messages(both), ["error", "milestone"]);
});

test("a loop that is too slow loses the oldest and counts them", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  const updates = research.updates();
  for (let progress = 0; progress < 1500; progress += 1) connection.tell("update", "7", { progress });
  assert.equal(updates.dropped, 500);
  assert.deepEqual(await updates.next(), { value: { progress: 500 }, done: false });
});

test("what waits for a loop is bounded in size too, and reading makes room", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  const [updates, logs] = [research.updates(), research.logs()];
  const text = "x".repeat(100_000);
  for (let n = 1; n <= 300; n += 1) {
    connection.tell("update", "7", { progress: n, text });
    connection.tell("log", "7", { ...line(`line ${n}`), text });
  }
  for (const [stream, first] of [[updates, ({ progress }) => progress], [logs, ({ message }) => Number(message.slice(5))]]) {
    assert.ok(200 < stream.dropped && stream.dropped < 240, `${stream.dropped} dropped`);
    const { dropped } = stream;
    for (let n = dropped + 1; n <= 300; n += 1) assert.equal(first((await stream.next()).value), n);
    connection.tell("update", "7", { progress: 301, text });
    connection.tell("log", "7", { ...line("line 301"), text });
    assert.equal(stream.dropped, dropped);
    assert.equal(first((await stream.next()).value), 301);
  }
});

test("a loop over a research that has ended finishes", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  connection.tell("log", "7", line("kept"));
  connection.tell("end", "7", { ...END });
  assert.deepEqual(await messages(research.logs()), ["kept"]);
  assert.deepEqual(await messages(research.updates()), []);
});

test("break ends a loop and what waits in it", async () => {
  const { client, connection } = await connected();
  const stream = client.subscribe(7).logs();
  connection.tell("log", "7", line("one"));
  connection.tell("log", "7", line("two"));
  for await (const entry of stream) {
    assert.equal(entry.message, "one");
    break;
  }
  connection.tell("log", "7", line("three"));
  assert.deepEqual(await stream.next(), { value: undefined, done: true });
});

test("several reads at once are answered in their order, and all end", async () => {
  const { client, connection } = await connected();
  const stream = client.subscribe(7).updates();
  const reads = [stream.next(), stream.next(), stream.next()];
  connection.tell("update", "7", { progress: 1 });
  client.unsubscribe(7);
  assert.deepEqual(await Promise.all(reads), [
    { value: { progress: 1 }, done: false },
    { value: undefined, done: true },
    { value: undefined, done: true },
  ]);
});

test("cancel sends the page's token and follows the server's answer", async () => {
  const { client, connection } = await connected({}, fake({ csrfToken: "from-meta" }));
  const cancelled = client.subscribe(7).cancel();
  await settled();
  assert.deepEqual(connection.of("cancel"), [["7", "from-meta"]]);
  connection.tell("cancel", 1, { ok: true });
  assert.equal(await cancelled, undefined);
});

test("cancel sends the page's token to no other origin, and there only what is given for it", async () => {
  for (const [url, csrfToken, sent] of [
    ["https://app.example", undefined, "from-meta"],
    ["https://APP.example:443/", undefined, "from-meta"],
    ["https://api.app.example", undefined, undefined],
    ["https://app.example:8443", undefined, undefined],
    ["http://app.example", undefined, undefined],
    ["https://api.app.example", "given", "given"],
    ["https://api.app.example", () => "made", "made"],
    ["https://api.app.example", () => undefined, undefined],
  ]) {
    const { client, connection } = await connected({ url, csrfToken }, fake({ csrfToken: "from-meta" }));
    client.subscribe(7).cancel();
    await settled();
    assert.deepEqual(connection.of("cancel"), [["7", sent]], url);
    connection.tell("cancel", 1, { ok: true });
  }
});

for (const [what, csrfToken, sent] of [
  ["a string", "given", "given"],
  ["a function", () => "made", "made"],
  ["an async function", async () => "later", "later"],
  ["a function that has none", () => undefined, undefined],
]) {
  test(`the token for cancel may be ${what}`, async () => {
    const { client, connection } = await connected({ csrfToken });
    client.subscribe(7).cancel();
    await settled();
    assert.deepEqual(connection.of("cancel"), [["7", sent]]);
    connection.tell("cancel", 1, { ok: true });
  });
}

test("cancel rejects with what the server says, or with why there is no token", async () => {
  const { client, connection } = await connected();
  const refused = client.subscribe(7).cancel();
  await settled();
  connection.tell("cancel", 1, { code: "UNAUTHORIZED", message: "sign in" });
  assert.equal(await codeOf(refused), "UNAUTHORIZED");

  const other = await connected({ csrfToken: () => { throw new Error("no form"); } });
  await assert.rejects(other.client.subscribe(7).cancel(), (error) => error instanceof ResearchSocketError && /no form/.test(error.message));
});

test("a cancel that waits is rejected when the client closes", async () => {
  const { client } = await connected();
  const cancelled = client.subscribe(7).cancel();
  await settled();
  client.close();
  assert.equal(await codeOf(cancelled), "CLOSED");
});

test("refresh asks the module; both refuse once the page has let go", async () => {
  const { client, connection } = await connected();
  const research = client.subscribe(7);
  research.refresh();
  assert.deepEqual(connection.of("refresh"), [["7"]]);
  research.unsubscribe();
  assert.throws(() => research.refresh(), { code: "ABORTED" });
  assert.equal(await codeOf(research.cancel()), "ABORTED");
});

async function messages(stream) {
  const seen = [];
  for await (const entry of stream) seen.push(entry.message);
  return seen;
}

test("a line of the log is one of an array, which a handler gets alone and frozen through and through", async () => {
  const { client, connection } = await connected();
  const heard = [];
  client.subscribe("r").on("log", (entry, ...more) => heard.push([entry, more.length]));
  const lines = [{ message: "one", metadata: { phases: [{ name: "a" }] } }, { message: "two" }];
  connection.tell("log", "r", lines, 1);
  connection.tell("log", "r", lines, 0);
  assert.deepEqual(heard, [[lines[1], 0], [lines[0], 0]]);
  for (const value of [lines[0], lines[1], lines[0].metadata, lines[0].metadata.phases, lines[0].metadata.phases[0]]) {
    assert.ok(Object.isFrozen(value));
  }
});

test("who comes while a line is told of hears the next one", async () => {
  const { client, connection } = await connected();
  const heard = [];
  client.subscribe("r").on("log", ({ message }) => {
    heard.push(`first ${message}`);
    if (message === "one") client.subscribe("r").on("log", ({ message }) => heard.push(`second ${message}`));
  });
  for (const message of ["one", "two"]) connection.tell("log", "r", [{ message }], 0);
  assert.deepEqual(heard, ["first one", "first two", "second two"]);
});

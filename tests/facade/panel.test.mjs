// The page's own load of the stored log, and the lines that are written beside it: each stands once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../pkg-template/compat/gate.js";
import { Lines } from "../../pkg-template/compat/lines.js";
import { Page } from "../../pkg-template/compat/page.js";
import { Panel } from "../../pkg-template/compat/panel.js";
import { settled } from "./fake.mjs";

const AT = Date.parse("2026-11-28T12:00:00Z");
/** A live line `seconds` after the beginning, with its microseconds. */
const line = (message, seconds = 0) => ({ message, type: "INFO", time: new Date(AT + 1000 * seconds).toISOString().replace("Z", "456+00:00") });
/** The same as the server has stored it. */
const stored = (message, seconds = 0) => ({ id: 1, message, timestamp: new Date(AT + 1000 * seconds).toUTCString(), log_type: "INFO" });

/** As much of a document as a log needs: elements with a text, of which the container tells what changes in it. */
class Element {
  children = [];
  parentNode = null;
  #text;
  #changed;

  constructor(text = "", changed = () => {}) {
    this.#text = text;
    this.#changed = changed;
  }

  get textContent() {
    return this.#text + this.children.map(({ textContent }) => textContent).join("");
  }

  get firstElementChild() {
    return this.children.at(0);
  }

  get lastElementChild() {
    return this.children.at(-1);
  }

  querySelectorAll() {
    return this.children.flatMap((child) => [child, ...child.querySelectorAll()]);
  }

  replaceChildren(...added) {
    const removed = this.children;
    for (const child of added) child.parentNode = this;
    this.children = added;
    this.#changed({ target: this, addedNodes: added, removedNodes: removed, previousSibling: null, nextSibling: null });
  }

  prepend(child) {
    this.#insert(child, 0);
  }

  append(child) {
    this.#insert(child, this.children.length);
  }

  after(child) {
    this.parentNode.#insert(child, this.parentNode.children.filter((other) => other !== child).indexOf(this) + 1);
  }

  before(child) {
    this.parentNode.#insert(child, this.parentNode.children.filter((other) => other !== child).indexOf(this));
  }

  #insert(child, at) {
    this.children = this.children.filter((other) => other !== child);
    child.parentNode = this;
    const [previousSibling = null, nextSibling = null] = [this.children[at - 1], this.children[at]];
    this.children.splice(at, 0, child);
    this.#changed({ target: this, addedNodes: [child], removedNodes: [], previousSibling, nextSibling });
  }
}

/** A page with a panel; `rows` are its lines as people see them, newest first, with the second that they show. */
function oldPage(t, { isNewestFirst = true, drops = () => false } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: AT });
  const observers = new Set();
  const container = new Element("", (record) => observers.forEach((observer) => observer.take(record)));
  const row = (text, time) => {
    const made = new Element();
    made.children = [new Element(String(Math.floor(Date.parse(time) / 1000) - AT / 1000)), new Element("Info"), new Element(text)];
    return made;
  };
  const add = (text, time) => (isNewestFirst ? container.prepend(row(text, time)) : container.append(row(text, time)));
  const answers = [];
  const window = {
    location: { pathname: "/progress/7" },
    document: {},
    fetch: () => new Promise((resolve, reject) => answers.push({ resolve, reject })),
    MutationObserver: class {
      #look;
      #records = [];
      constructor(look) {
        this.#look = look;
      }
      observe() {
        observers.add(this);
      }
      disconnect() {
        observers.delete(this);
      }
      take(record) {
        this.#records.push(record);
        queueMicrotask(() => this.#records.length > 0 && this.#look(this.takeRecords()));
      }
      takeRecords() {
        return this.#records.splice(0);
      }
    },
    addConsoleLog: (message) => add(message, new Date().toISOString()),
    _socketAddLogEntry: (entry) => drops(entry) || add(entry.message, entry.time),
  };
  container.replaceChildren(row("Expand to see the log.", ""));
  container.replaceChildren();
  const panel = new Panel(window);
  const lines = new Lines(new Page(window), panel, new Gate(window));
  /** What the panel does when it is expanded; the result is what its `fetch` gave it. */
  const load = async (id = 7) => {
    container.replaceChildren(row("Loading…", ""));
    const response = await window.fetch(`/api/research/${id}/logs`);
    const answer = await response.json();
    const all = answer.map(({ message, timestamp }) => row(message, timestamp));
    container.replaceChildren(...(all.length > 0 ? all : [row("There are no lines.", "")]));
    return response;
  };
  /** Answers the oldest request, and lets the page do with it what it does. */
  const answer = async (body) => {
    answers.shift().resolve(body instanceof Response ? body : Response.json(body));
    await settled();
  };
  const texts = () => container.children.map(({ children }) => children[2].textContent);
  const seconds = () => container.children.map(({ children }) => Number(children[0].textContent));
  const pass = (ms) => t.mock.timers.tick(ms);
  return { window, container, row, lines, load, answer, answers, texts, seconds, pass };
}

test("what the page's own load has wiped is written again unless its answer had it", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  const loading = load();
  for (const message of ["one", "two", "three"]) lines.write("7", line(message), "info");
  assert.deepEqual(texts(), ["three", "two", "one", "Loading…"]);
  await answer([stored("before", -60), stored("one"), stored("two")]);
  await loading;
  assert.deepEqual(texts().sort(), ["before", "one", "three", "two"]);
});

test("what its answer had is not written beside it when it comes later, as often as the answer had it", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  const loading = load();
  await answer([stored("one"), stored("again", 1), stored("again", 1)]);
  await loading;
  lines.write("7", line("one"), "info", "history");
  for (let n = 0; n < 3; n += 1) lines.write("7", line("again", 1.2 + n / 10), "info");
  lines.write("7", line("one", 5), "info");
  assert.deepEqual(texts(), ["one", "again", "one", "again", "again"]);
});

test("a line that is neither in the answer nor of this research is not touched by a load", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  lines.write("8", line("of another"), "info");
  const loading = load();
  await answer([stored("one")]);
  await loading;
  assert.deepEqual(texts(), ["one"]);
  lines.write("8", line("one"), "info");
  assert.deepEqual(texts(), ["one", "one"]);
});

for (const [what, body] of [["is empty", []], ["cannot be read", new Response("<html>")]]) {
  test(`a load whose answer ${what} brings back what it has wiped`, async (t) => {
    const { lines, load, answer, texts, container, row } = oldPage(t);
    const loading = load().catch(() => container.replaceChildren(row("No log", "")));
    lines.write("7", line("one"), "info");
    lines.message("7", { message: "a step" });
    await answer(body);
    await loading;
    await settled();
    assert.deepEqual(texts().slice(0, 2), ["a step", "one"]);
  });
}

test("steps, engines and failures that a load has wiped are written again unless its answer had their words", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  const loading = load();
  lines.message("7", { message: "a step" });
  lines.engine(undefined, { engine: "searxng", result_count: 1 });
  lines.message("7", { message: "a logged step" });
  await answer([stored("a logged step")]);
  await loading;
  assert.deepEqual(texts(), ["Search engine selected: Searxng (found 1 results)", "a step", "a logged step"]);
});

test("who only downloads the log wipes nothing, and no line is left out for it", async (t) => {
  const { window, lines, answer, texts, pass } = oldPage(t);
  lines.write("7", line("one"), "info");
  const download = window.fetch("/api/research/7/logs");
  await answer([stored("one"), stored("two"), stored("three")]);
  assert.equal((await (await download).json()).length, 3);
  for (const message of ["two", "three"]) {
    lines.write("7", line(message), "info");
    await settled();
  }
  pass(10_000);
  lines.write("7", line("four"), "info");
  assert.deepEqual(texts(), ["four", "three", "two", "one"]);
});

test("a load counts beside a download, however long it takes", async (t) => {
  const { window, lines, load, answer, texts, pass } = oldPage(t);
  const download = window.fetch("/history/logs/7");
  const loading = load();
  await answer({ status: "success", logs: [] });
  await download;
  pass(10_000);
  lines.writeOld("7", line("lacking", -60), "info");
  await answer([stored("one")]);
  await loading;
  assert.deepEqual(texts().sort(), ["lacking", "one"]);
});

test("a panel that loads again shows each line once again", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  for (const answered of [[stored("one")], [stored("one"), stored("two"), stored("old", -60)], []]) {
    const loading = load();
    if (answered.length === 1) {
      for (const message of ["one", "two"]) lines.write("7", line(message), "info");
      lines.writeOld("7", line("old", -60), "info");
    }
    await answer(answered);
    await loading;
    assert.deepEqual(texts().filter((text) => text !== "There are no lines.").sort(), ["old", "one", "two"]);
  }
});

test("stored lines from before the opening are left to the page, unless the load under way or the last one lacks them", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  lines.writeOld("7", line("left to a later load", -60), "info");
  const loading = load();
  lines.writeOld("7", line("known", -50), "info");
  lines.writeOld("7", line("lacking", -40), "info");
  assert.deepEqual(texts(), ["Loading…"]);
  await answer([stored("left to a later load", -60), stored("known", -50), stored("known too", -45)]);
  await loading;
  lines.writeOld("7", line("known too", -45), "info");
  lines.writeOld("7", line("stored late", -30), "info");
  assert.deepEqual(texts().sort(), ["known", "known too", "lacking", "left to a later load", "stored late"]);
});

test("a line that the page's own request for the status brings is left out if the load had it, and so is the client's", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  const loading = load();
  await answer([stored("milestone")]);
  await loading;
  lines.writeStatus("7", line("milestone"), "milestone");
  lines.write("7", line("milestone"), "milestone", "history");
  assert.deepEqual(texts(), ["milestone"]);
});

/** Gives a page a clock that only its rows move, and tasks that come when they are told to: `turn()` runs the next one. */
function slow({ window }, rowMs) {
  let now = 0;
  const tasks = [];
  const channels = { open: 0 };
  const { addConsoleLog } = window;
  window.addConsoleLog = (message) => {
    now += rowMs;
    addConsoleLog(message);
  };
  window.performance = { now: () => now };
  window.MessageChannel = class {
    port2 = { onmessage: null };
    port1 = { postMessage: () => tasks.push(() => this.port2.onmessage()), close: () => (channels.open -= 1) };
    constructor() {
      channels.open += 1;
    }
  };
  return { tasks, channels, turn: () => tasks.shift()() };
}

test("lines that are written again have turns that grow, none of which is a long task, and what comes meanwhile is written behind them", async (t) => {
  const page = oldPage(t);
  const { lines, load, answer, texts } = page;
  load();
  const all = Array.from({ length: 30 }, (_, n) => `line ${n}`);
  for (const message of all) lines.write("7", line(message), "info");
  const { turn, tasks, channels } = slow(page, 7);
  await answer([stored("before", -60)]);
  const written = () => texts().length - 1;
  assert.equal(written(), 2);
  lines.write("7", line("new"), "info");
  lines.failure("7", { title: "Failure", text: "meanwhile", code: "X" });
  const turns = [written()];
  while (tasks.length > 0) {
    const before = written();
    turn();
    turns.push(written() - before);
  }
  assert.deepEqual(turns, [2, 3, 5, 6, 6, 6, 5]);
  assert.deepEqual(texts().toReversed().slice(1, 32), [...all, "new"]);
  assert.equal(channels.open, 0);
  lines.write("7", line("later"), "info");
  assert.equal(texts()[0], "later");
});

test("a load amid the lines that are written again for the one before shows each once", async (t) => {
  const page = oldPage(t);
  const { lines, load, answer, texts } = page;
  load();
  const all = Array.from({ length: 10 }, (_, n) => `line ${n}`);
  for (const message of all) lines.write("7", line(message), "info");
  const { turn, tasks } = slow(page, 7);
  await answer([]);
  load();
  lines.write("7", line("new"), "info");
  lines.write("7", line("x".repeat(10_001)), "info");
  await answer([stored("line 1")]);
  while (tasks.length > 0) turn();
  const expected = [...all, "new", "x".repeat(10_001)];
  assert.deepEqual(texts().filter((text) => expected.includes(text)).sort(), expected.toSorted());
});

test("the newest 500 lines are kept to be written again", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  const loading = load();
  for (let n = 1; n <= 510; n += 1) lines.write("7", line(`line ${n}`), "info");
  await answer([]);
  await loading;
  assert.deepEqual([texts()[0], texts()[499]], ["line 510", "line 11"]);
  assert.equal(texts().includes("line 10"), false);
});

test("lines of more than 10,000 characters are written, and are not kept for a load", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  const [long, longer] = [10_000, 10_001].map((count) => "x".repeat(count));
  const loading = load();
  for (const text of [long, longer]) lines.write("7", line(text), "info");
  assert.equal(texts()[0], longer);
  await answer([stored("one")]);
  await loading;
  assert.deepEqual(texts(), [long, "one"]);
});

test("of an answer with very many lines those that are older than what is kept of it are not written either", async (t) => {
  const { lines, load, answer, texts } = oldPage(t);
  const loading = load();
  await answer(Array.from({ length: 10_001 }, (_, n) => stored(`line ${n}`, n)));
  await loading;
  lines.writeOld("7", line("line 0", 0), "info");
  lines.writeOld("7", line("line 1", 1), "info");
  lines.writeOld("7", line("lacking", 2), "info");
  assert.deepEqual(texts().filter((text) => ["line 0", "line 1", "lacking"].includes(text)), ["lacking", "line 0", "line 1"]);
});

test("the page gets its own answers and failures, and other requests are not looked at", async (t) => {
  const { window, load, answers, answer } = oldPage(t);
  const [body, other] = [Response.json([]), new Response("x")];
  const loading = load();
  await answer(body);
  assert.equal(await loading, body);
  const asked = window.fetch("/api/research/7/status");
  answers.shift().resolve(other);
  assert.equal(await asked, other);
  const refused = window.fetch("/api/research/7/logs");
  const reason = new TypeError("Failed to fetch");
  answers.shift().reject(reason);
  await assert.rejects(refused, (error) => error === reason);
});

for (const [order, isNewestFirst] of [["newest first", true], ["newest last", false]]) {
  test(`a late line keeps its time and stands where it belongs (${order})`, (t) => {
    const { lines, texts, seconds, pass } = oldPage(t, { isNewestFirst });
    for (const second of [0, 1, 8, 9]) {
      lines.write("7", line(`live ${second}`, second), "info");
      pass(second === 1 ? 7000 : 1000);
    }
    lines.write("7", line("missed", 4), "info", "history");
    const shown = ["live 9", "live 8", "missed", "live 1", "live 0"];
    assert.deepEqual(texts(), isNewestFirst ? shown : shown.reverse());
    assert.equal(seconds()[2], 4);
  });
}

test("a live line that the network has held keeps its time, also where the clocks differ", (t) => {
  const { lines, texts, seconds, pass } = oldPage(t);
  // The server's clock is an hour behind.
  lines.write("7", line("one", -3600), "info");
  pass(30_000);
  lines.write("7", line("held", -3599), "info");
  lines.write("7", line("fresh", -3570), "info");
  assert.deepEqual(texts(), ["fresh", "held", "one"]);
  assert.deepEqual(seconds(), [30, -3599, 0]);
});

test("a late line that the page's second way drops goes its first one", (t) => {
  const { lines, texts, seconds } = oldPage(t, { drops: ({ message }) => message === "again" });
  lines.write("7", line("live"), "info");
  lines.write("7", line("again", -30), "info", "history");
  assert.deepEqual([texts(), seconds()], [["again", "live"], [0, 0]]);
});

for (const [id, way] of [["7", "_socketAddLogEntry"], ["8", "addConsoleLog"]]) {
  test(`a late line that is the first of all goes to ${way} if the panel has loaded research 7 and it is of ${id}`, async (t) => {
    const { window, lines, load, answer } = oldPage(t);
    const ways = [];
    for (const name of ["addConsoleLog", "_socketAddLogEntry"]) {
      const write = window[name];
      window[name] = (...args) => (ways.push(name), write(...args));
    }
    const loading = load();
    await answer([stored("known")]);
    await loading;
    lines.write(id, line("late", -30), "info", "history");
    assert.deepEqual(ways, [way]);
  });
}

test("a line that is written again after a long load has its own time", async (t) => {
  const { lines, load, answer, texts, seconds, pass } = oldPage(t);
  lines.write("7", line("zero"), "info");
  const loading = load();
  pass(1000);
  lines.write("7", line("one", 1), "info");
  pass(9000);
  await answer([stored("zero")]);
  await loading;
  assert.deepEqual([texts(), seconds()], [["one", "zero"], [1, 0]]);
});

test("a page that has only the second way has late lines in their place as well", (t) => {
  const { window, lines, texts, seconds } = oldPage(t);
  delete window.addConsoleLog;
  for (const second of [1, 9]) lines.write("7", line(`live ${second}`, second), "info");
  lines.write("7", line("missed", 4), "info", "history");
  assert.deepEqual([texts(), seconds()], [["live 9", "missed", "live 1"], [9, 4, 1]]);
});

test("a page whose fetch cannot be changed has its lines all the same", (t) => {
  const { window, lines, texts } = oldPage(t);
  const fetch = () => {};
  const fixed = Object.defineProperty({ ...window }, "fetch", { value: fetch, writable: false });
  new Panel(fixed);
  assert.equal(fixed.fetch, fetch);
  lines.write("7", line("one"), "info");
  assert.deepEqual(texts(), ["one"]);
});

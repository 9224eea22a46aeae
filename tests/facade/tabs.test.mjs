// Tabs of a browser that share a connection: which ones do, what one that uses another's connection may hear, and the channel and the
// lock by which they know of each other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../../pkg-template/core/host.js";
import { Tabs } from "../../pkg-template/core/tabs.js";
import { fake, goLive, settled } from "./fake.mjs";

// --- Which ones -----------------------------------------------------------------------------------------------------------

/** The name of the group that the module gets, if any. */
async function groupOf(options, href) {
  const world = fake(href && { href });
  await world.connect(options);
  return world.connection.options.group;
}

test("nothing is shared with other tabs unless the page says so", async () => {
  const world = fake();
  const client = await world.connect();
  assert.equal("group" in world.connection.options, false);
  goLive(world.connection);
  assert.equal(client.stats().role, "alone");
  assert.deepEqual(world.connection.of("role"), []);
});

test("tabs share where all is the same in which they have to be alike, in whatever order it is given", async () => {
  const one = await groupOf({ share: true, timeout: 5000, path: "/socket.io" });
  assert.equal(typeof one, "string");
  assert.equal(await groupOf({ path: "/socket.io/", timeout: 5000, share: true }, "https://app.example/another/page"), one);
  for (const other of [{ timeout: 6000 }, { namespace: "/admin" }, { url: "https://b.example" }, { path: "/ws/socket.io" }, { share: "a name" }, { history: false }]) {
    assert.notEqual(await groupOf({ share: true, timeout: 5000, ...other }), one, JSON.stringify(other));
  }
});

test("a page that gives credentials shares only under a name", async () => {
  for (const given of [{ auth: { token: "t" } }, { headers: {} }, { query: () => ({}) }]) {
    assert.equal(await groupOf({ share: true, ...given }), undefined);
    assert.equal(typeof (await groupOf({ share: "anna", ...given })), "string");
  }
  // That is about the other calls in this page.
  assert.equal(typeof (await groupOf({ share: true, forceNew: true })), "string");
});

test("a page that shares makes no request ahead of the core, which another tab may have made", async () => {
  const world = fake();
  const asked = [];
  const ahead = (connection) => void asked.push(connection);
  await world.connect({ share: true }, ahead);
  assert.deepEqual(asked, []);
});

// --- What a follower may hear ---------------------------------------------------------------------------------------------

async function following() {
  const world = fake();
  const client = await world.connect({ share: true });
  const research = client.subscribe("r");
  world.answers.role = "follower";
  const [connection] = world.connections;
  goLive(connection);
  return { world, client, research, connection };
}

test("over another tab's connection the server is asked whether it shows what the page follows", async () => {
  const { client, connection } = await following();
  assert.equal(client.stats().role, "follower");
  assert.deepEqual(connection.of("verify"), [["r"]]);
  const heard = [];
  client.subscribe("s").on("log", ({ message }) => heard.push(message));
  assert.deepEqual(connection.of("verify"), [["r"], ["s"]]);
  connection.tell("log", "s", { message: "too early", level: "info" });
  assert.deepEqual(heard, []);
  connection.tell("verified", "s", true);
  connection.tell("log", "s", { message: "in time", level: "info" });
  assert.deepEqual(heard.at(-1), "in time");
});

test("where it does not, the page goes on over a connection that it shares with no other tab", async () => {
  const { world, client, connection } = await following();
  const states = [];
  client.on("state", ({ name }) => states.push(name));
  connection.tell("verified", "r", false);
  await settled();
  assert.equal(world.connections.length, 2);
  assert.equal("group" in world.connection.options, false);
  goLive(world.connection, "own");
  assert.deepEqual([states, client.id, client.stats().role], [["reconnecting", "connected"], "own", "alone"]);
});

test("over its own connection nothing is asked", async () => {
  const world = fake();
  world.answers.role = "leader";
  const client = await world.connect({ share: true });
  client.subscribe("r");
  goLive(world.connection);
  assert.deepEqual([client.stats().role, world.connection.of("verify")], ["leader", []]);
});

// --- Channel and lock -----------------------------------------------------------------------------------------------------

/** What the browser has for one test. @param {{ locks?: object, BroadcastChannel?: Function }} parts */
function browser(t, { locks, BroadcastChannel = Channel }) {
  for (const [name, value] of Object.entries({ navigator: { locks }, BroadcastChannel })) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
  Channel.open.clear();
  Locks.all.clear();
}

/** As in a browser: the others with the name hear, in a later task. */
class Channel {
  static open = new Set();
  constructor(name) {
    this.name = name;
    Channel.open.add(this);
  }
  postMessage(data) {
    if (!Channel.open.has(this)) throw new Error("InvalidStateError");
    for (const other of Channel.open) if (other !== this && other.name === this.name) setImmediate(() => Channel.open.has(other) && other.onmessage({ data }));
  }
  close() {
    Channel.open.delete(this);
  }
}

/** As in a browser: one has it, the others wait; whoever it is taken from is rejected. */
class Locks {
  static all = new Map();
  request(name, { signal, steal = false }, hold) {
    return new Promise((resolve, reject) => {
      const queue = Locks.all.get(name) ?? [];
      Locks.all.set(name, queue);
      const entry = { reject, start: () => Promise.resolve().then(hold).then(resolve).finally(() => next(entry)) };
      const next = (done) => {
        if (queue[0] !== done) return;
        queue.shift();
        queue[0]?.start();
      };
      signal?.addEventListener("abort", () => {
        const at = queue.indexOf(entry);
        if (at > 0) queue.splice(at, 1);
        if (at !== 0) reject(signal.reason);
      });
      if (steal && queue.length > 0) {
        queue.shift().reject(new Error("AbortError"));
        queue.unshift(entry);
        entry.start();
      } else if (queue.push(entry) === 1) entry.start();
    });
  }
}

/** A tab that has written down what it was told. */
function tab(name = "g") {
  const told = [];
  const tabs = new Tabs(name, (kind, text) => told.push(text ? `${kind} ${text}` : kind));
  return { told, do: (act, text = "") => tabs.do(act, text), end: () => tabs.end() };
}

test("a message reaches the other tabs of the group that have their channel open, and nobody else", async (t) => {
  browser(t, { locks: new Locks() });
  const [one, two, other, closed] = [tab(), tab(), tab("h"), tab()];
  for (const each of [one, two, other, closed]) each.do("open");
  one.do("tell", "hello");
  closed.do("close");
  await settled();
  assert.deepEqual([one.told, two.told, other.told, closed.told], [[], ["message hello"], [], []]);
  // Its channel is closed: there is nobody to tell.
  closed.do("tell", "nobody");
  await settled();
  assert.deepEqual(two.told, ["message hello"]);
});

test("without a channel, or with one that fails, the tab is told so, and not at once", async (t) => {
  browser(t, { BroadcastChannel: null });
  const one = tab();
  one.do("open");
  assert.deepEqual(one.told, []);
  await settled();
  assert.deepEqual(one.told, ["failed"]);

  class Broken extends Channel {
    postMessage() {
      throw new Error("DataCloneError");
    }
  }
  browser(t, { BroadcastChannel: Broken });
  const two = tab();
  two.do("open");
  two.do("tell", "x");
  two.do("tell", "y");
  await settled();
  assert.deepEqual(two.told, ["failed"]);
});

test("the lock is one tab's, and the next one's as soon as that gives it back or ends", async (t) => {
  browser(t, { locks: new Locks() });
  const [one, two, three] = [tab(), tab(), tab()];
  for (const each of [one, two, three]) each.do("ask");
  await settled();
  assert.deepEqual([one.told, two.told, three.told], [["granted"], [], []]);
  one.do("drop");
  await settled();
  assert.deepEqual([one.told, two.told, three.told], [["granted"], ["granted"], []]);
  two.end();
  await settled();
  assert.deepEqual([two.told, three.told], [["granted"], ["granted"]]);
});

test("who does not wait any more gets no lock and hears nothing", async (t) => {
  browser(t, { locks: new Locks() });
  const [one, two, three] = [tab(), tab(), tab()];
  for (const each of [one, two, three]) each.do("ask");
  await settled();
  two.do("drop");
  one.do("drop");
  await settled();
  assert.deepEqual([two.told, three.told], [[], ["granted"]]);
  // Given back before it is there.
  const four = tab("h");
  four.do("ask");
  four.do("drop");
  await settled();
  const five = tab("h");
  five.do("ask");
  await settled();
  assert.deepEqual([four.told, five.told], [[], ["granted"]]);
});

test("a lock that is taken by force is lost to who had it, who can wait for it again", async (t) => {
  browser(t, { locks: new Locks() });
  const [one, two] = [tab(), tab()];
  one.do("ask");
  two.do("ask");
  await settled();
  two.do("steal");
  await settled();
  assert.deepEqual([one.told, two.told], [["granted", "lost"], ["granted"]]);
  one.do("ask");
  two.do("drop");
  await settled();
  assert.deepEqual(one.told, ["granted", "lost", "granted"]);
});

test("where there are no locks, or they are refused, the tab is told so", async (t) => {
  const refusing = { request: async () => Promise.reject(new Error("SecurityError")) };
  for (const locks of [undefined, refusing]) {
    browser(t, { locks });
    const one = tab();
    one.do("ask");
    assert.deepEqual(one.told, []);
    await settled();
    assert.deepEqual(one.told, ["refused"]);
  }
});

test("with its instance a connection leaves the channel and the lock to the others", async (t) => {
  browser(t, { locks: new Locks() });
  const told = [];
  const host = new Host(undefined, undefined, undefined, (name, tell) => new Tabs(name, tell));
  host.share("g", (kind, text) => told.push(`${kind} ${text}`));
  host.tabs("open", "");
  host.tabs("ask", "");
  const other = tab();
  other.do("open");
  other.do("ask");
  await settled();
  other.do("tell", "hello");
  await settled();
  assert.deepEqual(told, ["granted ", "message hello"]);
  host.end();
  other.do("tell", "anybody?");
  await settled();
  assert.deepEqual([told.length, other.told], [2, ["granted"]]);
});

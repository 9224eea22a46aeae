// Tabs of a browser that share a connection: which ones do, what one that uses another's connection may hear, and the channel and the
// lock by which they know of each other.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
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

test("tabs share a connection unless the page says otherwise", async () => {
  assert.equal(await groupOf(), await groupOf({ share: true }));
  assert.equal(await groupOf({ forceNew: true }), undefined);
  const world = fake();
  const client = await world.connect({ share: false });
  assert.equal("group" in world.connection.options, false);
  goLive(world.connection);
  assert.equal(client.stats().role, "alone");
  assert.deepEqual([world.connection.of("role"), world.scouts], [[], []]);
});

test("tabs that have loaded different versions of the package share nothing", async () => {
  const [, version] = /^version = "(.+)"$/m.exec(await readFile(new URL("../../Cargo.toml", import.meta.url), "utf8"));
  assert.equal(JSON.parse(await groupOf())[0], `research-socket ${version}`);
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

/** A page whose core is on its way. */
function early(options) {
  const core = deferred();
  const scout = deferred();
  const world = fake({ load: () => core.promise });
  world.answers.scout = scout.promise;
  const asked = [];
  const ended = [];
  const ahead = ({ url }) => void asked.push(url) || { take: () => "taken", end: () => ended.push("head start") };
  const connecting = world.connect(options, ahead);
  return { world, core, scout, asked, ended, connecting, ahead };
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

test("a page makes requests ahead of the core once no other tab is there that has made them", async () => {
  const alone = early();
  assert.equal(alone.world.scouts.length, 1);
  await settled();
  assert.deepEqual(alone.asked, [], "nobody has said so yet");
  alone.scout.resolve(true);
  await settled();
  assert.deepEqual(alone.asked, ["https://app.example"]);

  const late = early();
  late.scout.resolve(false);
  await settled();
  assert.deepEqual(late.asked, []);

  const slow = early();
  slow.core.resolve("wasm");
  await slow.connecting;
  slow.world.connection.host.fetch("https://app.example", new Request("https://app.example/x"), {}).catch(() => {});
  slow.scout.resolve(true);
  await settled();
  assert.deepEqual(slow.asked, [], "the core has begun by itself");
});

test("one connection of a page has what was made ready, and none has it after a load that failed", async (t) => {
  const { world, core, connecting, ahead, scout, ended } = early({ forceNew: true, share: true });
  const second = world.connect({ forceNew: true, share: true }, ahead);
  assert.equal(world.scouts.length, 1, "to a second one the first would be another tab");
  scout.resolve(true);
  await settled();
  core.reject(new TypeError("Failed to fetch"));
  await Promise.allSettled([connecting, second]);
  assert.deepEqual([ended, world.ended], [["head start"], ["tabs"]]);
  world.connect({ forceNew: true, share: true }, ahead).catch(() => {});
  assert.equal(world.scouts.length, 2);
});

test("a page that is certain to connect looks for other tabs while its core is loaded ahead", async () => {
  const world = fake();
  await world.connect.preload({ share: true, forceNew: true });
  assert.equal(world.scouts.length, 1);
  await world.connect({ share: true, forceNew: true });
  assert.equal(world.scouts.length, 1);
  // There is nothing to wait for any more.
  await world.connect({ share: "another", forceNew: true });
  assert.equal(world.scouts.length, 1);
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

// What is not about a research is that person's who was signed in when some tab connected, and nothing shows that it is another one now.
for (const [what, act] of [
  ["emits", (client) => client.emit("settings", { dark: true })],
  ["awaits an acknowledgement", (client) => void client.emitWithAck("settings").catch(() => {})],
  ["listens to what is not about a research", (client) => client.on("settings_changed", () => {})],
  ["listens to everything", (client) => client.onAny(() => {})],
]) {
  for (const share of [undefined, true, "anna"]) {
    test(`a page that ${what} ${share === undefined ? "shares with no other tab" : "still shares as it has said"}: ${share}`, async (t) => {
      const world = fake();
      const client = await world.connect({ share });
      const { connection } = world;
      const told = [];
      connection.host.share("g", (kind) => told.push([kind, connection.of("emit").length]));
      act(client);
      const leaves = share === undefined;
      assert.deepEqual(told, leaves ? [["leave", 0]] : [], "before anything is sent");
      act(client);
      assert.equal(told.length, leaves ? 1 : 0);
      assert.equal(client.stats().role, "alone");
      assert.deepEqual(connection.of("role").length, leaves ? 0 : 1);
      client.close();
    });
  }
}

test("a page that has left the other tabs does not come back with a fresh instance of the module", async () => {
  const world = fake();
  const client = await world.connect();
  goLive(world.connection);
  client.emit("settings");
  client.disconnect();
  client.connect();
  assert.equal(world.connections.length, 2);
  assert.deepEqual(world.connections.map(({ options }) => "group" in options), [true, false]);
});

test("what is about a research keeps a page with the other tabs", async () => {
  const world = fake();
  world.answers.role = "follower";
  const client = await world.connect();
  client.subscribe("r").on("log", () => {});
  client.on("state", () => {});
  client.on("progress_r", () => {});
  assert.equal(client.stats().role, "follower");
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
  request(name, { signal, steal = false, ifAvailable = false }, hold) {
    if (ifAvailable && signal) return Promise.reject(new Error("NotSupportedError"));
    return new Promise((resolve, reject) => {
      const queue = Locks.all.get(name) ?? [];
      Locks.all.set(name, queue);
      if (ifAvailable && queue.length > 0) return resolve(Promise.resolve(null).then(hold));
      const entry = { reject, start: () => Promise.resolve({ name }).then(hold).then(resolve).finally(() => next(entry)) };
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
  const tabs = new Tabs(name);
  const act = (what, text = "") => {
    tabs.hear((kind, text) => told.push(text ? `${kind} ${text}` : kind));
    tabs.do(what, text);
  };
  return { told, scout: () => tabs.scout(() => told.push("company")), do: act, end: () => tabs.end() };
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
  const host = new Host(undefined, undefined, undefined, (name, tell) => {
    const tabs = new Tabs(name);
    tabs.hear(tell);
    return tabs;
  });
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

// --- Before the core is there ---------------------------------------------------------------------------------------------

test("a tab that looks for others before its core is there has the lock if nobody else has it", async (t) => {
  browser(t, { locks: new Locks() });
  const [one, two] = [tab(), tab()];
  assert.equal(await one.scout(), true);
  assert.equal(await two.scout(), false);
  one.do("open");
  one.do("ask");
  assert.deepEqual(one.told, []);
  two.do("ask");
  await settled();
  assert.deepEqual([one.told, two.told], [["granted"], []]);
  one.do("drop");
  await settled();
  assert.deepEqual([one.told, two.told], [["granted"], ["granted"]]);
});

test("a lock that is lost before the core is there is waited for, and afterwards lost like any other", async (t) => {
  browser(t, { locks: new Locks() });
  const [early, late, thief] = [tab(), tab("h"), tab()];
  assert.deepEqual([await early.scout(), await late.scout()], [true, true]);
  thief.do("steal");
  await settled();
  assert.deepEqual(early.told, ["company"]);
  early.do("ask");
  thief.do("drop");
  await settled();
  assert.deepEqual(early.told, ["company", "granted"]);
  late.do("ask");
  await settled();
  tab("h").do("steal");
  await settled();
  assert.deepEqual(late.told, ["granted", "lost"]);
});

test("a tab that is given up before its core is there leaves the lock to the others", async (t) => {
  browser(t, { locks: new Locks() });
  const [one, two] = [tab(), tab()];
  await one.scout();
  two.do("ask");
  one.end();
  await settled();
  assert.deepEqual([one.told, two.told], [[], ["granted"]]);
});

/** Lets the time pass that others have to answer. */
async function roundOver(t) {
  // A question and its answer are two tasks.
  for (let task = 0; task < 3; task++) await settled();
  t.mock.timers.tick(100);
  await settled();
}

test("in Firefox no lock is asked for, which would keep the page out of the back/forward cache", async (t) => {
  browser(t, { locks: { request: () => assert.fail("asked for") } });
  globalThis.mozInnerScreenX = 0;
  t.after(() => delete globalThis.mozInnerScreenX);
  const one = tab();
  one.do("ask");
  one.do("steal");
  await settled();
  assert.deepEqual(one.told, ["refused"]);
});

test("without locks a tab whom nobody has answered need not wait again when its core is there", async (t) => {
  browser(t, {});
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const one = tab();
  const scouted = one.scout();
  await settled();
  t.mock.timers.tick(20);
  assert.equal(await scouted, true, "its first requests wait no longer");
  // The core may be quicker than the answer of a page that is busy.
  await settled();
  one.do("open");
  one.do("ask");
  await settled();
  assert.deepEqual(one.told, []);
  await roundOver(t);
  assert.deepEqual(one.told, ["unopposed"]);
  one.do("drop");
  one.do("ask");
  await settled();
  assert.deepEqual(one.told, ["unopposed", "refused"], "that was once");
});

test("without locks whoever is there answers, whatever its core is doing", async (t) => {
  browser(t, {});
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const [there, comes] = [tab(), tab()];
  there.do("open");
  const scouted = comes.scout();
  await roundOver(t);
  assert.equal(await scouted, false);
  comes.do("open");
  comes.do("ask");
  await settled();
  assert.deepEqual([there.told, comes.told.filter((told) => told !== "company")], [[], ["refused"]]);
});

test("without locks of tabs that come at once none takes itself for alone", async (t) => {
  browser(t, {});
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const tabs = [tab(), tab(), tab()];
  const scouted = Promise.all(tabs.map((each) => each.scout()));
  await roundOver(t);
  assert.deepEqual((await scouted).filter(Boolean), []);
});

test("without locks whoever shows up before the core has begun is heard", async (t) => {
  browser(t, {});
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const [one, two] = [tab(), tab()];
  const scouted = one.scout();
  await roundOver(t);
  assert.equal(await scouted, true);
  two.do("open");
  two.do("tell", "I lead");
  await settled();
  one.do("open");
  one.do("ask");
  await settled();
  assert.deepEqual(one.told, ["company", "refused"]);
});

test("a tab that can hear no others waits for none", async (t) => {
  browser(t, { BroadcastChannel: null });
  const one = tab();
  assert.equal(await one.scout(), true);
  one.do("open");
  one.do("ask");
  await settled();
  assert.deepEqual(one.told, ["failed", "refused"]);
});

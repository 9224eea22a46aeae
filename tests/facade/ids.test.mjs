// Ids of researches: what is none is refused alike in every entry point. The table is the core's as well (tests/misuse).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { install } from "../../pkg-template/compat/socket.js";
import { makeStore } from "../../pkg-template/stores/make.js";
import { connected, fake, settled } from "./fake.mjs";

const IDS = JSON.parse(await readFile(new URL("../misuse/ids.json", import.meta.url), "utf8"));
const NO_IDS = [...IDS.refused, "\ud800", "a\udc00b", "x".repeat(257), 1.5, NaN, 2 ** 53, null, undefined, true, {}, ["7"]];
const LONGEST = "x".repeat(256);
const WORDS = /^The id of a research must be /;

test("what is no id of a research is refused in words by the client, and asks nothing of the core", async () => {
  const { client, connection } = await connected();
  for (const id of NO_IDS) {
    for (const act of [() => client.subscribe(id), () => client.unsubscribe(id)]) assert.throws(act, (error) => error instanceof TypeError && WORDS.test(error.message), String(id));
  }
  assert.deepEqual(connection.names().filter((name) => name !== "role"), ["open"]);
  for (const id of [...IDS.taken, LONGEST, 7, -7, 0]) assert.equal(client.subscribe(id).id, String(id));
});

test("what is no id of a research is thrown by the hook, and said by `window.socket`", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const warnings = t.mock.method(console, "warn", () => {}).mock;
  for (const id of [...IDS.refused, "\ud800", "x".repeat(257)]) {
    const world = fake();
    const store = makeStore(world.connect, "research", id, {});
    store.subscribe(() => {});
    await settled();
    assert.match(store.misuse?.message ?? "", WORDS, id);

    const window = { location: { pathname: "/progress/7" } };
    install(window, world.connect);
    const before = warnings.callCount();
    window.socket.subscribeToResearch(id, () => assert.fail("nothing is heard"));
    await settled();
    assert.equal(warnings.callCount(), before + 1);
    assert.match(warnings.calls.at(-1).arguments[0], /subscribeToResearch\(\).*The id of a research must be /);
    assert.deepEqual(world.connections.flatMap((connection) => connection.of("subscribe")), []);
  }
});

test("whatever `window.socket` is given as an id, it throws nothing at the page, and says so", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const warnings = t.mock.method(console, "warn", () => {}).mock;
  const world = fake();
  const window = { location: { pathname: "/progress/7" } };
  install(window, world.connect);
  window.socket.init();
  await settled();
  // The last ones cannot be made a string, or not without being asked to.
  for (const id of [...NO_IDS, Object.create(null), { toString: () => "7" }, Symbol("7"), 7n]) {
    for (const name of ["subscribeToResearch", "unsubscribeFromResearch"]) {
      window.socket[name](id, () => assert.fail("nothing is heard"));
      assert.equal(warnings.callCount(), 1, `${name}(${typeof id})`);
      assert.match(warnings.calls[0].arguments[0], new RegExp(`${name}\\(\\) .*The id of a research must be `));
      warnings.resetCalls();
    }
  }
  await settled();
  assert.deepEqual(world.connection.names(), ["open"]);
});

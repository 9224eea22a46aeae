// client.trace(): what is kept of a run, and that it leaves only masked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Journal } from "../../pkg-template/core/journal.js";
import { connected, fake, reported, settled } from "./fake.mjs";

const ROOM = 131_072;

function journalOf(lines) {
  const journal = new Journal();
  for (const line of lines) journal.add(line);
  return String(journal).split("\n");
}

test("a short run is kept as it was", () => {
  assert.deepEqual(journalOf(["{}", "[0]", "[1]"]), ["{}", "[0]", "[1]"]);
});

test("of a long one the beginning and the newest part are kept, and what is between is counted", () => {
  const lines = Array.from({ length: 100_000 }, (_, n) => `[${n}]`);
  const kept = journalOf(lines);
  const gap = kept.findIndex((line) => line.includes("dropped"));
  const [beginning, newest] = [kept.slice(0, gap), kept.slice(gap + 1)];
  assert.deepEqual(beginning, lines.slice(0, beginning.length));
  assert.deepEqual(newest, lines.slice(-newest.length));
  const between = lines.slice(beginning.length, -newest.length);
  assert.deepEqual(JSON.parse(kept[gap]), ["dropped", between.length, between.join("").length]);
  for (const part of [beginning, newest]) {
    const size = part.join("\n").length;
    assert.ok(size <= ROOM && size > ROOM - 20, String(size));
  }
});

test("what follows a line that had no room does not go back into the beginning", () => {
  const kept = journalOf(["first", "x".repeat(ROOM), "second", "y".repeat(ROOM - 1), "z"]);
  assert.deepEqual(kept.map((line) => line.slice(0, 12)), ["first", '["dropped",3', "z"]);
});

test("a trace leaves only masked, also when the client is closed", async () => {
  const { client, connection } = await connected();
  connection.host.record("{}");
  connection.host.record("[0]");
  assert.equal(client.trace(), "masked\n{}\n[0]");
  client.close();
  assert.equal(client.trace(), "masked\n{}\n[0]");
});

test("after a trap the trace has the run that led to it, and the one since", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  connection.host.record("before");
  for (const name of ["first", "second"]) {
    world.connection.host.record(`trapped ${name}`);
    world.connection.host.guard(() => {
      throw new WebAssembly.RuntimeError("unreachable");
    })();
    assert.throws(() => client.trace(), { code: "INTERNAL" });
    await settled();
  }
  world.connection.host.record("after");
  assert.equal(client.trace(), "masked\ntrapped second\nafter");
});

test("a module that was given up still masks, by an instance that does nothing else", async (t) => {
  reported(t);
  const { client, world } = await connected();
  for (let n = 0; n < 3; n += 1) {
    world.connection.host.record(`trapped ${n}`);
    world.connection.host.guard(() => {
      throw new WebAssembly.RuntimeError("unreachable");
    })();
    await settled();
  }
  assert.equal(client.state.name, "closed");
  const { resets } = world;
  assert.equal(client.trace(), "masked\ntrapped 1\ntrapped 2");
  assert.equal(world.resets, resets + 1);
  world.answers.mask = new WebAssembly.RuntimeError("unreachable");
  assert.throws(() => client.trace(), "never unmasked");
});

test("each connection has its own", async () => {
  const world = fake();
  const here = await world.connect();
  const [mine] = world.connections;
  const there = await world.connect({ url: "https://other.example" });
  mine.host.record("mine");
  assert.equal(here.trace(), "masked\nmine");
  assert.equal(there.trace(), "masked\n");
});

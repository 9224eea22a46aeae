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

test("what came as bytes becomes text when somebody asks for it", async () => {
  const { client, connection } = await connected();
  const memory = new TextEncoder().encode('\ufeff42["é\\n"]\x1e6');
  connection.host.record('[1,"piece",2,', memory);
  // The module's memory is something else by then.
  memory.fill(0);
  connection.host.record('[2,"piece",2,', Uint8Array.of(97, 0xff, 98));
  const lines = ['[1,"piece",2,"\ufeff42[\\"é\\\\n\\"]\\u001e6"]', '[2,"piece",2,["a\ufffdb"]]'];
  assert.equal(client.trace(), ["masked", ...lines].join("\n"));
});

test("bytes take their room, whoever asks", () => {
  const journal = new Journal();
  for (let n = 0; n < 100; n += 1) journal.add(`[${n},"piece",2,`, new Uint8Array(16_384).fill(120));
  const lines = String(journal).split("\n");
  assert.ok(lines.length <= 2 * 8 + 1, `${lines.length} of 100`);
  assert.match(lines.at(-1), /^\[99,"piece",2,"x+"\]$/);
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

// What concerns lines: at once, later in turns, or not at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../pkg-template/compat/gate.js";
import { reported, settled } from "./fake.mjs";

/** A gate whose window has a clock that only `spend` moves, and turns that only `turn` lets run. */
function gate() {
  let now = 0;
  const turns = [];
  class MessageChannel {
    port2 = {};
    port1 = { postMessage: () => turns.push(() => this.port2.onmessage()), close() {} };
  }
  const done = [];
  return {
    gate: new Gate({ MessageChannel, performance: { now: () => now } }),
    done,
    act: (name, ms = 0) => () => {
      now += ms;
      done.push(name);
    },
    turn: () => turns.shift()?.(),
  };
}

test("an open gate lets everything pass at once, and what fails fails where it was asked for", () => {
  const { gate: open, act, done } = gate();
  open.pass(act("one"));
  assert.deepEqual(done, ["one"]);
  assert.throws(() => open.pass(() => {
    throw new TypeError("toString is no function");
  }), TypeError);
});

test("what was held passes in its order and in turns, and what comes meanwhile behind it", () => {
  const { gate: held, act, done, turn } = gate();
  held.hold();
  for (const name of ["one", "two", "three", "four"]) held.pass(act(name, 5));
  assert.deepEqual(done, []);
  held.open();
  assert.deepEqual(done, ["one", "two"], "a turn of 8 ms");
  held.pass(act("five"));
  assert.deepEqual(done, ["one", "two"]);
  turn();
  assert.deepEqual(done, ["one", "two", "three", "four", "five"]);
  held.pass(act("six"));
  assert.deepEqual(done.at(-1), "six");
});

test("what fails of that which was held is reported, and what follows passes", async (t) => {
  const errors = reported(t);
  const { gate: held, act, done } = gate();
  held.hold();
  held.pass(() => {
    throw new TypeError("toString is no function");
  });
  held.pass(act("next"));
  held.open();
  await settled();
  assert.deepEqual(done, ["next"]);
  assert.deepEqual(errors.map(({ message }) => message), ["toString is no function"]);
});

test("the newest thousand are held", () => {
  const { gate: held, act, done } = gate();
  held.hold();
  for (let n = 1; n <= 1500; n += 1) held.pass(act(n));
  held.open();
  assert.deepEqual([done.length, done[0], done.at(-1)], [1000, 501, 1500]);
});

test("a gate that is shut lets nothing pass, and forgets what was held", () => {
  const { gate: shut, act, done } = gate();
  shut.hold();
  shut.pass(act("held"));
  shut.shut();
  shut.pass(act("later"));
  assert.deepEqual(done, []);
});

// What a research did when, as pages read it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fake } from "./fake.mjs";

const END = { status: "completed", message: null, error: null, progress: 100, at: 9_999, source: "live" };

/** As the module tells it. */
const TOLD = [
  [1000, "search", undefined, 3000, "reading", undefined],
  [500, "Began", undefined],
  [1000, "", 5, 3000, "", 60.5],
  [1500, "searxng", 10, 1600, "brave", undefined],
  [4000, "No model", undefined],
  2,
  4500,
  undefined,
];

async function following(told = TOLD) {
  const world = fake();
  const client = await world.connect();
  world.answers.timeline = told;
  return { world, client, research: client.subscribe(7), connection: world.connection };
}

test("a timeline has phases with begin and end, and all else with its time, frozen through and through", async () => {
  const { research } = await following();
  const timeline = research.timeline();
  assert.deepEqual(timeline, {
    phases: [{ phase: "search", from: 1000, to: 3000 }, { phase: "reading", from: 3000, to: null }],
    milestones: [{ message: "Began", at: 500 }],
    progress: [{ percent: 5, at: 1000 }, { percent: 60.5, at: 3000 }],
    engines: [{ name: "searxng", resultCount: 10, at: 1500 }, { name: "brave", resultCount: null, at: 1600 }],
    errors: [{ message: "No model", at: 4000 }],
    from: 500, newest: 4500, to: null, dropped: 2,
  });
  assert.ok(Object.isFrozen(timeline) && Object.isFrozen(timeline.phases) && Object.isFrozen(timeline.phases[0]));
});

test("of a research of which nothing is known there is nothing, and no time", async () => {
  const empty = { phases: [], milestones: [], progress: [], engines: [], errors: [], from: null, newest: null, to: null, dropped: 0 };
  assert.deepEqual((await following(null)).research.timeline(), empty);
  const { research, connection } = await following([[], [], [], [], [], 0, 0, undefined]);
  assert.deepEqual(research.timeline(), empty);
  connection.tell("end", "7", END);
  assert.deepEqual(research.timeline(), empty, "an end of which nobody knows when");
});

test("the last phase ends with the research: when that was heard, or else when there was something last", async () => {
  for (const [ended, to] of [[6000, 6000], [undefined, 4500]]) {
    const { research, connection } = await following(TOLD.with(7, ended));
    connection.tell("end", "7", END);
    assert.deepEqual([research.timeline().to, research.timeline().phases.at(-1).to], [to, to]);
  }
  // A line that was written afterwards.
  const { research, connection } = await following(TOLD.with(7, 2000));
  connection.tell("end", "7", END);
  assert.deepEqual(research.timeline().phases.at(-1), { phase: "reading", from: 3000, to: 3000 });
});

test("a timeline costs nothing before a page reads it, and stays when the page lets go", async () => {
  const { research, client, connection, world } = await following();
  connection.tell("update", "7", { phase: "search" });
  assert.equal(connection.of("timeline").length, 0);
  assert.equal(research.state.id, "7");
  assert.equal(connection.of("timeline").length, 0);
  research.unsubscribe();
  world.answers.timeline = TOLD.with(0, []);
  assert.equal(research.timeline().phases.length, 2);
  client.close();
  assert.equal(research.timeline().phases.length, 2);
});

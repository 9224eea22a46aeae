// When the module itself fails: every client hears of it once, nothing calls the module again, nothing goes round in circles.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ResearchSocketError, toError } from "../../pkg-template/error.js";
import { codeOf, connected, fake, reported, settled } from "./fake.mjs";

const trap = () => new WebAssembly.RuntimeError("unreachable");

test("a trap closes every client of the module with one state and one report", async (t) => {
  const errors = reported(t);
  const world = fake();
  const here = await world.connect();
  const there = await world.connect({ url: "https://other.example" });
  const states = [];
  for (const client of [here, there]) client.on("state", ({ name, reason }) => states.push([name, reason.code]));
  const { done } = there.subscribe(7);
  world.answers.emit = trap();

  assert.throws(() => here.emit("x"), { code: "INTERNAL" });
  assert.throws(() => here.emit("x"), { code: "INTERNAL" });
  assert.throws(() => there.subscribe(8), { code: "INTERNAL" });
  assert.deepEqual(states, [["closed", "INTERNAL"], ["closed", "INTERNAL"]]);
  assert.equal(await codeOf(done), "INTERNAL");
  assert.equal(errors.length, 1);
  assert.ok(errors[0].cause instanceof WebAssembly.RuntimeError);
});

test("after a trap nothing calls the module again, not even to close it", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  client.on("news", () => {});
  const research = client.subscribe(7);
  world.answers.refresh = trap();
  assert.throws(() => research.refresh(), { code: "INTERNAL" });
  const before = connection.calls.length;
  client.close();
  research.unsubscribe();
  assert.equal(research.state.id, "7");
  assert.deepEqual(client.stats(), {});
  connection.tell("credentials", 1);
  connection.tell("update", "7", {});
  await settled();
  assert.equal(connection.calls.length, before);
});

test("after a trap connect() says so instead of trying for ever", async (t) => {
  reported(t);
  const { client, world } = await connected();
  world.answers.emit = trap();
  assert.throws(() => client.emit("x"));
  assert.equal(await codeOf(world.connect()), "INTERNAL");
  assert.equal(world.connections.length, 1);
});

test("a loop over a research hears of the failure instead of an end", async (t) => {
  reported(t);
  const { client, world } = await connected();
  const research = client.subscribe(7);
  const [waiting, later] = [research.logs(), research.updates()];
  const read = codeOf(waiting.next());
  world.answers.refresh = trap();
  assert.throws(() => research.refresh());
  assert.equal(await read, "INTERNAL");
  assert.equal(await codeOf(later.next()), "INTERNAL");
  assert.deepEqual(await later.next(), { value: undefined, done: true });
});

test("a trap while a state is read gives the last state", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  world.answers.snapshot = { progress: 30 };
  const research = client.subscribe(7);
  assert.equal(research.state.progress, 30);
  world.answers.snapshot = trap();
  connection.tell("update", "7", {});
  assert.equal(research.state.progress, 30);
  assert.equal(client.state.reason.code, "INTERNAL");
});

test("a trap while closing leaves no other client open", async (t) => {
  const errors = reported(t);
  const { client, world } = await connected();
  const other = await world.connect({ url: "https://other.example" });
  client.subscribe(7);
  world.answers.close = trap();
  client.close();
  assert.equal(client.state.reason.code, "CLOSED");
  assert.equal(other.state.reason.code, "INTERNAL");
  assert.equal(errors.length, 1);
});

test("the module can say itself that it is about to fail", async (t) => {
  const errors = reported(t);
  const { client, connection } = await connected();
  connection.tell("internal", undefined, { message: "panicked at src/x.rs" });
  assert.equal(client.state.reason.code, "INTERNAL");
  assert.equal(errors[0].cause.message, "panicked at src/x.rs");
});

test("the module's last word counts even on a connection that is closed", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  const other = await world.connect({ url: "https://other.example" });
  client.close();
  connection.tell("internal", undefined, { message: "panicked at src/x.rs" });
  assert.equal(other.state.reason.code, "INTERNAL");
});

test("a connection that closes by itself closes its clients with its reason and is freed", async (t) => {
  reported(t);
  const { client, connection, world } = await connected();
  const other = await world.connect({ url: "https://other.example" });
  const { done } = client.subscribe(7);
  connection.tell("state", undefined, { name: "closed", reason: { code: "INTERNAL", message: "a fault of research-socket itself" } });
  assert.equal(client.state.name, "closed");
  assert.equal(await codeOf(done), "INTERNAL");
  assert.equal(other.state.name, "connecting");
  await settled();
  assert.equal(connection.of("free").length, 1);
  const next = await world.connect();
  assert.equal(next.state.name, "connecting");
});

test("an error in the facade never runs through the module", async (t) => {
  const errors = reported(t);
  const { connection } = await connected();
  connection.tell("event", "news", undefined);
  assert.equal(errors.length, 1);
});

test("every error has a name, a code, a message and its cause", () => {
  const cause = new Error("inner");
  for (const error of [
    new ResearchSocketError("TIMEOUT", "", { cause }),
    toError({ code: "TIMEOUT", message: "", cause }),
    toError(Object.assign(new Error(""), { code: "TIMEOUT" })),
  ]) {
    assert.ok(error instanceof Error && error instanceof ResearchSocketError);
    assert.equal(error.name, "ResearchSocketError");
    assert.equal(error.code, "TIMEOUT");
    assert.notEqual(error.message, "");
    assert.ok(error.cause instanceof Error);
    assert.match(String(error), /^ResearchSocketError: /);
  }
  for (const odd of [undefined, null, "text", 7, {}]) assert.notEqual(toError(odd).message, "");
  assert.equal(toError({ code: "SERVER", message: "m", status: 502, name: "x" }).status, 502);
});

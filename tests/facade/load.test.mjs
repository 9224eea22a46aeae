// Which of its two versions the core is loaded as, where one of them or both cannot be had.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "../../pkg-template/core/load.js";

const bytes = () => new Uint8Array(8);

/** An engine that runs whatever it gets. The JavaScript cannot be had: this is no built package. */
function engine({ allows = true, runs = async () => {} } = {}) {
  return { allowsWebAssembly: () => allows, runWasm: runs, runScript: assert.fail };
}

/** @param {import("node:test").TestContext} t @param {Response} response */
function answered(t, response) {
  const { mock } = t.mock.method(globalThis, "fetch", async () => response);
  return mock;
}

const address = () => new URL("https://app.example/static/research_socket_bg.wasm");

test("a module that is there is all that is loaded", async () => {
  assert.deepEqual(await load(engine(), bytes), { runtime: "wasm" });
});

test("a module of the right type is compiled while it comes", async (t) => {
  const response = new Response(bytes(), { headers: { "Content-Type": "application/wasm" } });
  answered(t, response);
  const given = [];
  await load(engine({ runs: async (module) => given.push(module) }), address);
  assert.equal(given[0], response);
});

for (const type of ["application/wasm; charset=utf-8", "Application/WASM;charset=UTF-8"]) {
  test(`a module of the type ${type}, as some servers have it, is compiled while it comes as well`, async (t) => {
    answered(t, new Response(bytes(), { headers: { "Content-Type": type } }));
    const given = [];
    await load(engine({ runs: async (module) => given.push(module) }), address);
    assert.equal(given[0].headers?.get("Content-Type"), "application/wasm");
    assert.deepEqual(new Uint8Array(await given[0].arrayBuffer()), bytes());
  });
}

test("a module whose type has a parameter is compiled when it is there in a browser whose answers have no stream", async (t) => {
  const response = new Response(bytes(), { headers: { "Content-Type": "application/wasm; charset=utf-8" } });
  answered(t, Object.defineProperty(response, "body", { value: undefined }));
  const given = [];
  await load(engine({ runs: async (module) => given.push(module) }), address);
  assert.deepEqual(given, [bytes()]);
});

test("a module of another type is compiled when it is there", async (t) => {
  answered(t, new Response(bytes(), { headers: { "Content-Type": "application/octet-stream" } }));
  const given = [];
  await load(engine({ runs: async (module) => given.push(module) }), address);
  assert.deepEqual(given, [bytes()]);
});

for (const [what, respond, words] of [
  ["an error", () => new Response("Forbidden", { status: 403 }), /research_socket_bg\.wasm is answered 403;/],
  ["a web page", () => new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } }), /something else \(text\/html\);/],
  ["nothing", () => new Response(""), /something else/],
]) {
  test(`where both are missing, and the module is answered with ${what}, the error says both`, async (t) => {
    answered(t, respond());
    await assert.rejects(load(engine(), address), (error) => words.test(error.message) && /research_socket_core\.js/.test(error.message) && error.cause instanceof Error);
  });
}

test("a module that is held back, as by a proxy that looks into it, is not waited for longer than 15 seconds", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(globalThis, "fetch", (_, { signal } = {}) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))));
  let error;
  void load(engine(), address).catch((reason) => (error = reason));
  t.mock.timers.tick(15_000);
  for (let turn = 0; turn < 100 && !error; turn += 1) await new Promise(setImmediate);
  assert.match(String(error?.message), /research_socket_bg\.wasm is not answered within 15 s;/);
});

test("a page that forbids WebAssembly asks for JavaScript only", async (t) => {
  const { calls } = answered(t, new Response(""));
  await assert.rejects(load(engine({ allows: false }), address), /research_socket_core\.js/);
  assert.equal(calls.length, 0);
});

test("a bundle without import.meta.url hears of the entry point with the module within it", async () => {
  const wasm = () => new URL("./research_socket_bg.wasm", undefined);
  await assert.rejects(load(engine(), wasm), /no ES module.*research-socket\/inline/);
});

test("a module in a file is not asked for, and the error says how to mock the package", async (t) => {
  const { calls } = answered(t, new Response(""));
  await assert.rejects(load(engine(), () => new URL("file:///app/x.wasm")), /file:\/\/\/app\/x\.wasm.*jest\.mock\("research-socket"\)/);
  assert.equal(calls.length, 0);
});

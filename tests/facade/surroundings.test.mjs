// Pages that are not usual: documents without an address of their own, and libraries that change what arrays are.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "../../pkg-template/client/json.js";
import { browser } from "../../pkg-template/core/browser.js";
import { pageOrigin } from "../../pkg-template/core/host.js";
import { connected, fake } from "./fake.mjs";

function globals(t, values) {
  for (const [name, value] of Object.entries(values)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
}

function documentOf(t, href, { origin, base, found = origin }) {
  class Node {
    get baseURI() {
      return base;
    }
  }
  globals(t, { location: { href, origin: new URL(href).origin }, origin: found, Node, document: Object.create(new Node(), { baseURI: { value: "an element of the page" } }) });
}

test("a document without an address is where the page is that made it", async (t) => {
  for (const [href, surroundings] of [
    ["about:srcdoc", { origin: "https://app.example", base: "https://cdn.example/x/" }],
    ["about:blank", { origin: "https://app.example", base: "https://app.example/progress/7" }],
    // Its script has a variable of that name, or is in a sandbox.
    ["about:srcdoc", { origin: "left", base: "https://app.example/progress/7" }],
    ["about:srcdoc", { origin: "null", base: "https://app.example/progress/7" }],
    ["blob:https://app.example/1", { origin: "https://app.example", base: "blob:https://app.example/1" }],
  ]) {
    documentOf(t, href, surroundings);
    assert.equal(pageOrigin(), "https://app.example", href);
    const world = fake({ href: browser.href, csrfToken: "t" });
    await world.connect();
    assert.equal(world.connection.options.url, "https://app.example", href);
  }
  documentOf(t, "https://app.example/progress/7?x#y", { origin: "https://elsewhere.example", base: "https://cdn.example/" });
  assert.equal(browser.href, "https://app.example/progress/7?x#y");
  assert.equal(pageOrigin(), "https://app.example");
});

test("a file has no server: its page is told to say where it is", async (t) => {
  documentOf(t, "file:///home/index.html", { origin: "null", base: "file:///home/index.html" });
  await assert.rejects(fake({ href: browser.href }).connect(), /option `url` must begin with http/);
});

/** As in Prototype.js 1.6, with what MooTools and others add: all of it enumerable. */
function oldLibraries(t) {
  const written = (value) => JSON.stringify(value);
  const extras = [
    [Array.prototype, { toJSON() { return "[" + this.map(written).join(", ") + "]"; }, each() {}, reduce() { return this[0]; }, entries() { return this.slice(); } }],
    [String.prototype, { toJSON() { return `"${this}"`; }, capitalize() {} }],
    [Number.prototype, { toJSON() { return String(this); } }],
    [Boolean.prototype, { toJSON() { return String(this); } }],
    [Object.prototype, { clone() { return 1; } }],
  ];
  const before = [];
  for (const [prototype, names] of extras) {
    for (const [name, value] of Object.entries(names)) {
      before.push([prototype, name, Object.getOwnPropertyDescriptor(prototype, name)]);
      Object.defineProperty(prototype, name, { value, configurable: true, enumerable: true, writable: true });
    }
  }
  t.after(() => {
    for (const [prototype, name, descriptor] of before) {
      if (descriptor) Object.defineProperty(prototype, name, descriptor);
      else delete prototype[name];
    }
  });
}

test("what old libraries add to arrays and strings changes nothing of what is sent", async (t) => {
  const plain = { auth: { roles: ["a", 1, true, null] }, headers: [["X-A", "1"]] };
  const { client, connection } = await connected(plain);
  client.emit("echo", "a", 1, ["b", [2]], { c: ["d"] }, new Uint8Array([1]));
  connection.tell("credentials", 9);
  await new Promise((resolve) => setImmediate(resolve));
  const sent = { emits: connection.of("emit").map(([json]) => json), provided: connection.of("provide").map(([, given]) => ({ ...given })) };
  client.close();

  const log = { message: "m", tags: ["x"] };
  const hand = async () => {
    const { client, connection } = await connected({ ...plain, forceNew: true });
    client.subscribe(7);
    connection.tell("log", "7", log);
    client.emit("echo", "a", 1, ["b", [2]], { c: ["d"] }, new Uint8Array([1]));
    connection.tell("credentials", 9);
    await new Promise((resolve) => setImmediate(resolve));
    return { client, connection };
  };
  oldLibraries(t);
  const old = await hand();
  const emits = old.connection.of("emit").map(([json]) => json);
  const provided = old.connection.of("provide").map(([, given]) => given);
  const got = { auth: provided[0].auth, headers: provided[0].headers.map(([name, value]) => `${name}:${value}`).join() };
  const asked = JSON.parse(emits[0]);
  old.client.close();
  assert.equal(emits.length, 1);
  assert.equal(emits[0], sent.emits[0]);
  assert.equal(Array.isArray(asked), true);
  assert.equal(got.auth, sent.provided[0]?.auth ?? '{"roles":["a",1,true,null]}');
  assert.equal(got.headers, "X-A:1");
});

test("a `toJSON` that is not for all arrays is asked, as that of dates, and what a page adds for numbers of its own", (t) => {
  const own = Object.assign(["a"], { toJSON: () => "own" });
  class List extends Array {
    toJSON() {
      return "list";
    }
  }
  assert.equal(stringify([own, new List(), new Date(0), { toJSON: () => [1] }]), '["own","list","1970-01-01T00:00:00.000Z",[1]]');
  BigInt.prototype.toJSON = function () {
    return String(this);
  };
  t.after(() => delete BigInt.prototype.toJSON);
  assert.equal(stringify({ n: 5n, undefined: undefined, list: [undefined] }), '{"n":"5","list":[null]}');
});

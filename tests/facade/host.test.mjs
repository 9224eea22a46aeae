// The browser as a connection gets it: where it sends what the module asks for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Host } from "../../pkg-template/core/host.js";

const SERVER = "https://api.example";

/** A page whose requests and beacons are written down; `sent` has their addresses. */
function page(t, origin = SERVER) {
  const sent = [];
  const sendBeacon = (url, blob) => sent.push(url, blob) > 0;
  for (const [name, value] of Object.entries({ location: { origin }, navigator: { sendBeacon } })) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
  t.mock.method(globalThis, "fetch", async ({ url }) => sent.push(url));
  return sent;
}

const OTHERS = ["https://api.example@evil.example/", "https://api.example.evil.example/", "http://api.example/", "https://api.example:8443/"];

test("nothing is sent to another origin than the server's, and the words say where it would have gone", async (t) => {
  const sent = page(t);
  const host = new Host();
  for (const address of OTHERS) {
    const leads = (error) => error instanceof TypeError && error.message.includes(`leads to ${new URL(address).origin}`) && !error.message.includes("secret");
    await assert.rejects(host.fetch(SERVER, { url: `${address}?token=secret` }, {}), leads);
    assert.throws(() => host.beacon(SERVER, `${address}?token=secret`, "1", true), leads);
  }
  assert.deepEqual(sent, []);
  await host.fetch(SERVER, { url: `${SERVER}/socket.io/?EIO=4` }, {});
  assert.deepEqual(sent, [`${SERVER}/socket.io/?EIO=4`]);
});

test("a request that fails at once is one that fails", async (t) => {
  page(t);
  const reason = new Error("wrapped");
  globalThis.fetch.mock.mockImplementation(() => {
    throw reason;
  });
  await assert.rejects(new Host().fetch(SERVER, { url: `${SERVER}/` }, {}), reason);
});

for (const [what, origin, withCredentials, goes] of [
  ["its own origin", SERVER, false, true],
  ["another origin that is to have cookies", "https://app.example", true, true],
  ["another origin that is to have none", "https://app.example", false, false],
]) {
  test(`a beacon ${goes ? "goes" : "does not go"} to ${what}`, async (t) => {
    const sent = page(t, origin);
    assert.equal(new Host().beacon(SERVER, `${SERVER}/socket.io/?sid=x`, "1", withCredentials), goes);
    assert.deepEqual(sent.slice(0, 1), goes ? [`${SERVER}/socket.io/?sid=x`] : []);
    if (goes) assert.deepEqual([sent[1].type, await sent[1].text()], ["text/plain;charset=utf-8", "1"]);
  });
}

test("only where a browser ends what is open as a navigation begins, and answers what it keeps, is a request kept", (t) => {
  const set = (name, value) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  };
  const host = new Host();
  set("Request", class {});
  assert.equal(host.keeps(), false);
  set("mozInnerScreenX", 0);
  assert.equal(host.keeps(), false, "a Firefox that knows no keepalive");
  set("Request", class { get keepalive() {} });
  assert.equal(host.keeps(), true);
});

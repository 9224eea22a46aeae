// The doctor without a browser: what its declarations name, and that it asks for a page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { CODES } from "../../pkg-template/doctor-findings.js";
import { doctor } from "../../pkg-template/doctor.js";

test("each code is declared, with words for it, and each declared one is there", async () => {
  const text = await readFile(new URL("../../pkg-template/doctor.d.ts", import.meta.url), "utf8");
  const [, union] = text.match(/export type FindingCode =([^;]*);/);
  const codes = Object.keys(CODES);
  assert.deepEqual(Array.from(union.matchAll(/"(\w+)"/g), ([, code]) => code), codes);
  const explained = Array.from(text.matchAll(/^ \* - `(\w+)`:/gm), ([, code]) => code);
  assert.deepEqual(explained, codes);
});

/** As much of a page as is there before the first request. */
function page(t) {
  Object.assign(globalThis, { document: new EventTarget(), location: new URL("https://app.example/") });
  t.after(() => {
    delete globalThis.document;
    delete globalThis.location;
  });
  t.mock.method(globalThis, "fetch", () => assert.fail("nothing is asked of the server"));
}

const never = () => new Promise(() => {});

test("a function of the page's that gives nothing ends with the time-out", async (t) => {
  page(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = doctor({ auth: never, timeout: 5000 });
  const ended = assert.rejects(asked, /`auth`, `headers` or `query`.*5 s/);
  await new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.tick(5000);
  await ended;
});

test("a signal that aborts while the page's own functions are asked is followed at once", async (t) => {
  page(t);
  const life = new AbortController();
  const reason = new Error("gone");
  const ended = assert.rejects(doctor({ headers: never, signal: life.signal }), reason);
  life.abort(reason);
  await ended;
});

test("what connect() would refuse is no finding about the server: headers that no browser sends, and more than a day", async (t) => {
  page(t);
  await assert.rejects(doctor({ headers: { "X Tenant": "blue" } }), (error) => error instanceof TypeError && /`headers`.*X Tenant/.test(error.message));
  await assert.rejects(doctor({ timeout: 86_400_001 }), RangeError);
});

test("importing is safe on a server, and calling it there says where to", async () => {
  await assert.rejects(doctor(), /needs a page in a browser/);
});

// Options: every entry point says the same of the same ones, before anything is loaded or asked. The table is the core's as well
// (tests/misuse).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { doctor } from "../../pkg-template/doctor.js";
import { ResearchStore, keyOf } from "../../pkg-template/react/store.js";
import { fake, settled } from "./fake.mjs";

const OPTIONS = JSON.parse(await readFile(new URL("../misuse/options.json", import.meta.url), "utf8"));

/** `new URL` in a page; what the doctor asks of a server goes nowhere. */
function page(t) {
  const asked = [];
  Object.assign(globalThis, { document: new EventTarget(), location: new URL("https://app.example/progress/7") });
  t.after(() => {
    delete globalThis.document;
    delete globalThis.location;
  });
  t.mock.method(globalThis, "fetch", (address) => (asked.push(new URL(address)), Promise.reject(new TypeError("no network"))));
  return asked;
}

/** What a page is told by each way in; undefined where it is taken. */
const WAYS = {
  async connect(options) {
    const world = fake();
    const error = await world.connect(options).then(() => undefined, (error) => error);
    assert.deepEqual([world.loads, world.connections.length], error ? [0, 0] : [1, 1]);
    return error;
  },
  async hook(options) {
    const world = fake();
    const store = new ResearchStore({ connect: world.connect, stores: new Map(), key: keyOf(7, options), id: 7 }, options);
    const leave = store.subscribe(() => {});
    await settled();
    leave();
    assert.equal(world.loads, store.misuse ? 0 : 1);
    return store.misuse;
  },
  // The time-out ends it; nothing answers.
  doctor: (options) => doctor({ ...options, signal: AbortSignal.abort() }).then(() => undefined, (error) => (error.name === "AbortError" ? undefined : error)),
};

function refusedAs(Class, name, error, options) {
  assert.ok(error instanceof Class, `${JSON.stringify(options)}: ${error}`);
  assert.ok(error.message.startsWith("option `") && error.message.includes(`${name}\` must be `), `${JSON.stringify(options)}: ${error.message}`);
}

for (const [way, ask] of Object.entries(WAYS)) {
  test(`${way}: an option out of its range is refused by name`, async (t) => {
    const asked = page(t);
    // Which JSON has not.
    const numbers = [NaN, -Infinity].flatMap((value) => ["reconnectionAttempts", "timeout", "stallAfter"].map((name) => [name, { [name]: value }]));
    for (const [name, options] of [...OPTIONS.refused, ...numbers]) refusedAs(RangeError, name, await ask(options), options);
    assert.deepEqual(asked, []);
  });

  test(`${way}: an option of the wrong type is refused by name`, async (t) => {
    const asked = page(t);
    for (const [name, options] of OPTIONS["of the wrong type"]) refusedAs(TypeError, name, await ask(options), options);
    assert.deepEqual(asked, []);
  });

  test(`${way}: everything that may be given is taken`, async (t) => {
    page(t);
    for (const options of [...OPTIONS.taken, { reconnectionAttempts: Infinity, fallback: undefined, path: undefined }]) {
      assert.equal(await ask(options), undefined, JSON.stringify(options));
    }
  });

  test(`${way}: a \`url\` that is no mere origin is refused`, async (t) => {
    page(t);
    const wrong = ["", "app.example", "//evil.example", "/\\evil.example", "ftp://a.example", "https:evil.example", "https://", "https://a.example/api", "https://a.example?x"];
    const hidden = ["https://a.example@evil.example", "https://u:p@a.example", "https://a.example\\@evil.example", "https://a.example#", " https://a.example", "https://a.example\n", "ht\ttps://a.example", "https://a b.example", "https://a.example:x"];
    for (const url of [...wrong, ...hidden]) {
      const error = await ask({ url });
      assert.ok(error instanceof TypeError && error.message.startsWith("option `url` "), `${url}: ${error}`);
    }
    for (const url of ["https://a.example", "HTTP://A.example:80/", "https://[::1]:8443", new URL("https://a.example")]) assert.equal(await ask({ url }), undefined, String(url));
  });
}

test("a number out of its range is told the whole range however it is wrong", async () => {
  for (const [options, range] of [
    [(wrong) => ({ reconnectionAttempts: wrong }), "from 0 up, or Infinity"],
    [(wrong) => ({ reconnectionDelay: wrong }), "from 0 to 86400000"],
    [(wrong) => ({ timeout: wrong }), "from 1 to 86400000"],
    [(wrong) => ({ fallback: { interval: wrong } }), "from 100 to 86400000"],
    [(wrong) => ({ fallback: { after: wrong } }), "of at least 1"],
    [(wrong) => ({ stallAfter: wrong }), "from 1000 to 86400000, or false"],
    [(wrong) => ({ dedup: { entries: wrong } }), "from 1 to 1000000"],
  ]) {
    for (const wrong of [-1, 1.5, NaN, -Infinity]) {
      const { message } = await WAYS.connect(options(wrong));
      assert.ok(message.includes("must be a whole number") && message.endsWith(range), message);
    }
  }
});

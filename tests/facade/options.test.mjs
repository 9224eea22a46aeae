// Options: every entry point says the same of the same ones, before anything is loaded or asked. The table is the core's as well
// (tests/misuse).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { doctor } from "../../pkg-template/doctor.js";
import { makeStore } from "../../pkg-template/stores/make.js";
import { unknownOptions } from "../../pkg-template/client/option-check.js";
import { fake, reported, settled } from "./fake.mjs";

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
    const store = makeStore(world.connect, "research", 7, options);
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

  test(`${way}: a misspelt option is named once, with the one that was meant, and not refused`, async (t) => {
    page(t);
    const said = [];
    t.mock.method(console, "warn", (words) => said.push(words));
    // Each way in has a slip of its own, since the same is told once.
    const slip = `statuspath${way}`.slice(0, 12);
    const options = { [`${way}Delay`]: 1, fallback: { [slip]: "/{id}" }, reconnection: true };
    for (let times = 0; times < 3; times += 1) assert.equal(await ask(options), undefined);
    assert.deepEqual(said.map((words) => words.startsWith("research-socket: option `")), [true, true]);
    assert.match(said[0], new RegExp(`\`${way}Delay\` is not known and has no effect`));
    assert.match(said[1], new RegExp(`\`fallback.${slip}\` is not known and has no effect. Did you mean \`fallback.statusPath\``));
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

test("of a misspelt option the nearest known one is named, wherever it belongs, and none that is only as short", () => {
  const near = (options) => unknownOptions(options).map((words) => /mean `(.*)`\?$/.exec(words)?.[1]);
  for (const [option, meant] of [
    ["reconectionDelay", "reconnectionDelay"],
    ["ReconnectionDelayMax", "reconnectionDelayMax"],
    ["credentials", "withCredentials"],
    ["withCredential", "withCredentials"],
    ["csrftoken", "csrfToken"],
    ["header", "headers"],
    ["Url", "url"],
    ["uri", "url"],
    ["nameSpace", "namespace"],
    ["statusPath", "fallback.statusPath"],
    ["interval", "fallback.interval"],
    ["retries", undefined],
    ["transport", "transports"],
    ["upgrade", undefined],
    ["x".repeat(10_000), undefined],
  ]) {
    assert.deepEqual(near({ [option]: 1 }), [meant], option.slice(0, 40));
  }
  assert.deepEqual(near({ fallback: { Interval: 1, statuspath: "", zzz: 1 }, dedup: { entires: 1 } }), ["fallback.interval", "fallback.statusPath", undefined, "dedup.entries"]);
  assert.deepEqual(near({ fallback: false, dedup: undefined, url: "", path: "/", auth: {} }), []);
  assert.ok(unknownOptions({ ["x".repeat(10_000)]: 1 })[0].length < 150);
});

test("a page with a logger of its own hears of a misspelt option there, and what the logger throws stops nothing", async (t) => {
  const errors = reported(t);
  const console_ = t.mock.method(console, "warn", () => {});
  const said = [];
  const logger = { warn: (words) => said.push(words) };
  await fake().connect({ loger: 1, logger });
  await fake().connect({ logerr: 1, logger: {} });
  await fake().connect({ llogger: 1, logger: { warn: () => { throw new Error("full"); } } });
  assert.match(said.join(), /`loger` is not known and has no effect. Did you mean `logger`/);
  assert.equal(console_.mock.callCount(), 0);
  assert.deepEqual(errors.map(String), ["Error: full"]);
});

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

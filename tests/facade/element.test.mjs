// What the element says and writes, and when: the parts of it that need no document.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Announcer } from "../../pkg-template/element/announce.js";
import { describe, wordsOf } from "../../pkg-template/element/connection.js";
import { Lines } from "../../pkg-template/element/lines.js";
import { languageOf, wordsOf as wordsIn } from "../../pkg-template/element/language.js";
import { inSlices } from "../../pkg-template/element/slices.js";
import { Texts } from "../../pkg-template/element/texts.js";
import { WORDS as DE } from "../../pkg-template/element/words-de.js";
import { COMMON, GROUPS, LIST, NOTICE, PROGRESS, STEPS, STRIP, TIMELINE, TOOLS } from "../../pkg-template/element/words.js";
import { asText, fileOf, textOf } from "../../pkg-template/element/write.js";

const EN = { ...COMMON, ...PROGRESS, ...LIST, ...STEPS, ...NOTICE, ...STRIP, ...GROUPS, ...TIMELINE, ...TOOLS };
const english = new Texts("en-GB", EN);

// --- Texts -------------------------------------------------------------------------------------------------------------

test("German says all that English says, with the same values in it", () => {
  assert.deepEqual(Object.keys(DE).toSorted(), Object.keys(EN).toSorted());
  const values = (text) => [...new Set(Array.from(text.matchAll(/\{\w+\}/g), String))].toSorted();
  for (const [key, text] of Object.entries(EN)) assert.deepEqual(values(DE[key]), values(text), key);
});

test("each text that the code asks for is there", async () => {
  const { readdir, readFile } = await import("node:fs/promises");
  const folder = new URL("../../pkg-template/element/", import.meta.url);
  const asked = new Set();
  for (const name of await readdir(folder)) {
    const code = await readFile(new URL(name, folder), "utf8");
    for (const [, key] of code.matchAll(/(?:\bt|texts\.get|key:)\(?\s?"(\w+)"/g)) asked.add(key);
  }
  assert.ok(asked.size > 30, "the code was understood");
  assert.deepEqual([...asked].filter((key) => !Object.hasOwn(EN, key)), []);
});

test("one and many are told apart, and numbers written as the language does", () => {
  assert.equal(english.get("new_lines", { n: 1 }), "1 new line");
  assert.equal(english.get("new_lines", { n: 20_000 }), "20,000 new lines");
  assert.equal(new Texts("de-DE", DE).get("new_lines", { n: 20_000 }), "20.000 neue Zeilen");
});

test("a value that looks like a place for a value, or like a choice, is left as it is", () => {
  assert.equal(english.get("engine", { name: "{n}|{name}" }), "Search engine: {n}|{name}");
  assert.equal(english.get("cancel_failed", { message: "$& $1 {constructor}" }), "It could not be cancelled: $& $1 {constructor}");
});

test("the page's own words stand in the place of ours, in every language", () => {
  const own = new Texts("de", DE, { live: "Verbunden", log: "Ablauf" });
  assert.deepEqual([own.get("live"), own.get("log"), own.get("cancel")], ["Verbunden", "Ablauf", "Abbrechen"]);
});

for (const lang of ["", "x", "de_DE", "not a language", "tlh", "ar"]) {
  test(`a page whose language is "${lang}" has words and numbers`, () => {
    const texts = new Texts(lang, EN);
    assert.notEqual(texts.get("live"), "");
    assert.notEqual(texts.get("new_lines", { n: 2 }), "");
    assert.notEqual(texts.clock(0), "");
  });
}

test("no two elements have a text of the same key that differs", () => {
  const keys = [COMMON, PROGRESS, LIST, STEPS].flatMap(Object.keys);
  assert.equal(new Set(keys).size, keys.length);
});

test("words of another language are there once their file is, and nothing is said before", async () => {
  await new Promise((resolve) => assert.equal(wordsIn("DE-at", resolve), undefined));
  for (const lang of ["de", "DE-at", "de_DE"]) assert.equal(wordsIn(lang, assert.fail), DE);
  for (const lang of ["en", "", "den", "constructor", "fr"]) assert.deepEqual(wordsIn(lang, assert.fail), {});
});

test("the language is that of what is around an element, then the page's, then English", (t) => {
  const inside = (lang) => ({ closest: () => (lang === undefined ? null : { getAttribute: () => lang }) });
  t.after(() => delete globalThis.document);
  globalThis.document = { documentElement: { lang: "de" } };
  assert.deepEqual([languageOf(inside("fr")), languageOf(inside("")), languageOf(inside())], ["fr", "de", "de"]);
  document.documentElement.lang = "";
  assert.equal(languageOf(inside()), "en");
});

test("a time that no calendar has is left out", () => {
  for (const at of [NaN, 1e16, -1e16, Infinity]) assert.deepEqual([english.clock(at), english.date(at)], ["", ""]);
});

// --- The connection ----------------------------------------------------------------------------------------------------

const KNOWN = { refusal: null, attempts: 5, interval: 3000, elapsed: 0 };

for (const [state, known, words, help] of [
  [{ name: "connected" }, {}, "Live", undefined],
  [{ name: "connecting" }, {}, "Connecting", undefined],
  [{ name: "reconnecting", attempt: 2, delay: 2000 }, {}, "Reconnecting, attempt 2 of 5 in 2 s", "retry"],
  [{ name: "reconnecting", attempt: 2, delay: 2000 }, { elapsed: 900 }, "Reconnecting, attempt 2 of 5 in 2 s", "retry"],
  [{ name: "reconnecting", attempt: 2, delay: 2000 }, { elapsed: 1500 }, "Reconnecting, attempt 2 of 5 in 1 s", "retry"],
  [{ name: "reconnecting", attempt: 2, delay: 2000 }, { elapsed: 9000 }, "Reconnecting, attempt 2 of 5", "retry"],
  [{ name: "reconnecting", attempt: 2, delay: 2000 }, { attempts: Infinity }, "Reconnecting, attempt 2 in 2 s", "retry"],
  [{ name: "reconnecting", attempt: 2, delay: 2000 }, { attempts: undefined }, "Reconnecting, attempt 2 in 2 s", "retry"],
  [{ name: "reconnecting", attempt: 0, delay: 400 }, {}, "Reconnecting in 1 s", "retry"],
  [{ name: "reconnecting", attempt: 6, delay: 12_000 }, {}, "Looking for the server in 12 s", "retry"],
  [{ name: "reconnecting" }, {}, "Reconnecting", "retry"],
  [{ name: "fallback", attempt: 4, delay: 900 }, {}, "Checking every 3 s", "retry"],
  [{ name: "fallback" }, { interval: undefined }, "Checking now and then", "retry"],
  [{ name: "offline" }, {}, "Offline", "retry"],
  [{ name: "stopped", reason: { code: "TRANSPORT" } }, {}, "Not connected", "retry"],
  [{ name: "closed" }, {}, "Closed", undefined],
  [{ name: "connected" }, { refusal: "unauthorized" }, "Signed out", "sign-in"],
  [{ name: "fallback", reason: { code: "UNAUTHORIZED" } }, {}, "Signed out", "sign-in"],
  [{ name: "connected" }, { refusal: "not-found" }, "The server does not know this research", "retry"],
]) {
  test(`${JSON.stringify(state)} with ${JSON.stringify(known)} is "${words}", and ${help ?? "nothing"} helps`, () => {
    const described = describe(state, { ...KNOWN, ...known });
    assert.equal(wordsOf(described, english), words);
    assert.equal(described.help, help);
  });
}

// --- Announcements -----------------------------------------------------------------------------------------------------

/** An announcer on a clock of the test's. */
function announcing(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const said = [];
  const announcer = new Announcer((text) => said.push(text), (n, errors) => `${n} lines, ${errors} errors`);
  return { announcer, said, pass: (ms) => t.mock.timers.tick(ms) };
}

test("few lines are read aloud, of many how many they are", (t) => {
  const { announcer, said, pass } = announcing(t);
  announcer.line("one", false);
  announcer.line("two", true);
  pass(100);
  assert.deepEqual(said, ["one. two"]);
  for (let n = 0; n < 20_000; n++) announcer.line(`line ${n}`, n % 100 === 0);
  pass(5000);
  assert.deepEqual(said, ["one. two", "20000 lines, 200 errors"]);
});

test("in five seconds there is one announcement, however much happens", (t) => {
  const { announcer, said, pass } = announcing(t);
  for (let ms = 0; ms < 60_000; ms += 50) {
    announcer.line(`line ${ms}`, false);
    if (ms % 1000 === 0) announcer.tell("Reconnecting");
    pass(50);
  }
  assert.equal(said.length, 12);
  pass(10_000);
  assert.equal(said.length, 13, "what was left is said, and then nothing");
});

test("an end is said with what came before it", (t) => {
  const { announcer, said, pass } = announcing(t);
  announcer.line("x".repeat(1000), false);
  announcer.tell("Completed");
  pass(100);
  assert.deepEqual(said, [`Completed. ${"x".repeat(200)}`]);
});

test("what has stopped says nothing any more, and can begin anew", (t) => {
  const { announcer, said, pass } = announcing(t);
  announcer.line("a", false);
  announcer.stop();
  pass(10_000);
  assert.deepEqual(said, []);
  announcer.line("b", false);
  pass(100);
  assert.deepEqual(said, ["b"]);
});

// --- Files -------------------------------------------------------------------------------------------------------------

function some() {
  const lines = new Lines();
  lines.push({ message: "first", level: "info", time: "2026-11-29T10:31:02.500Z" });
  lines.push({ message: "again", level: "error", time: "Sat, 21 Nov 2026 20:45:09 GMT" });
  lines.push({ message: "again", level: "error" });
  lines.push({ message: "2 lines\nof \"text\"", level: "warning" });
  return lines;
}

test("a file as text has time, level, words and how often they came", async () => {
  assert.equal((await fileOf(some(), "text")).join(""), '2026-11-29T10:31:02.500Z INFO first\n2026-11-21T20:45:09.000Z ERROR again (×2)\n- WARNING 2 lines\nof "text"\n');
  assert.equal(textOf(some(), [0, 2]), '2026-11-29T10:31:02.500Z INFO first\n- WARNING 2 lines\nof "text"');
  assert.equal(asText({ text: "x", level: "info", time: 1e20, count: 1 }), "- INFO x");
});

test("a file as JSON is an array that can be read again", async () => {
  const lines = some();
  for (let n = 0; n < 3000; n++) lines.push({ message: `line ${n}`, level: "info" });
  const read = JSON.parse((await fileOf(lines, "json")).join(""));
  assert.equal(read.length, 3003);
  assert.deepEqual(read.slice(0, 3), [
    { number: 1, time: "2026-11-29T10:31:02.500Z", level: "info", message: "first" },
    { number: 2, time: "2026-11-21T20:45:09.000Z", level: "error", message: "again", count: 2 },
    { number: 3, time: null, level: "warning", message: '2 lines\nof "text"' },
  ]);
  assert.deepEqual(JSON.parse((await fileOf(new Lines(), "json")).join("")), []);
});

test("work is done in slices, and the page has its turn in between", async () => {
  let at = 0;
  let left = 100;
  const between = [];
  const done = inSlices(() => (left -= 1) > 0, { now: () => (at += 3), between: () => between.push(left) });
  assert.ok(left < 100 && left > 90, "the first slice is done at once");
  await done;
  assert.equal(left, 0);
  assert.ok(between.length > 20, String(between));
});

// --- Colours -----------------------------------------------------------------------------------------------------------

test("whatever colour a line has can be read on whatever is behind it, in light and in dark", async () => {
  const { readFile } = await import("node:fs/promises");
  const css = await readFile(new URL("../../pkg-template/element/style.js", import.meta.url), "utf8");
  const colours = Object.fromEntries(Array.from(css.matchAll(/--_(\w+): var\(--research-[\w-]+, light-dark\((#\w+), (#\w+)\)\)/g), ([, name, ...both]) => [name, both]));
  assert.ok(Object.keys(colours).length > 10, "the code was understood");
  const wrong = [];
  for (const [scheme, name] of ["light", "dark"].entries()) {
    for (const front of ["text", "muted", "good", "warn", "bad"]) {
      for (const behind of ["back", "raised", "mark", "chosen"]) {
        const contrast = contrastOf(colours[front][scheme], colours[behind][scheme]);
        if (contrast < 4.5) wrong.push(`${name}: ${front} on ${behind} ${contrast.toFixed(2)}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

/** As WCAG 2 defines it. */
function contrastOf(...colours) {
  const [dark, light] = colours.map(luminance).toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const digits = colour.length === 4 ? colour.slice(1).replace(/./g, "$&$&") : colour.slice(1);
  const [red, green, blue] = Array.from(digits.matchAll(/../g), ([pair]) => {
    const share = parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

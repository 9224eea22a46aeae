// The lines of the element's log: what is kept, counted, shown by a filter and found, and where rows stand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Search, nextError } from "../../pkg-template/element/find.js";
import { CHUNK, FILTERS, Lines, MAX_TEXT, Shown } from "../../pkg-template/element/lines.js";
import { MAX_PX, Scroll } from "../../pkg-template/element/scroll.js";
import { settled } from "./fake.mjs";

/** @param {number} count @param {(n: number) => object} [line] */
function filled(count, line = () => ({}), lines = new Lines()) {
  for (let n = 1; n <= count; n++) {
    lines.push({ message: `line ${n}`, level: "info", ...line(n) });
    lines.trim();
  }
  return lines;
}

/** A search on a clock that each look moves by so much. */
function searching(lines, ms = 0) {
  let at = 0;
  const told = [];
  const search = new Search(lines, () => told.push(search.count), () => (at += ms));
  return { search, told };
}

/** All that a search finds, by going on from one to the next. */
async function walk(search, from, step) {
  const found = [];
  for (let at = from; (at = await search.next(at, step)) >= 0 && !found.includes(at); ) found.push(at);
  return found;
}

test("each line is kept as it came, in full chunks and in the last one", () => {
  const time = (n) => new Date(1_700_000_000_000 + n * 1000).toISOString();
  const lines = filled(3 * CHUNK + 7, (n) => ({ message: `${"😀ß\n".repeat(n % 3)}line ${n}`, time: time(n), level: n % 2 ? "error" : "debug" }));
  for (const n of [1, 2, 3, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 1, 3 * CHUNK + 7]) {
    const expected = { number: n, text: `${"😀ß\n".repeat(n % 3)}line ${n}`, level: n % 2 ? "error" : "debug", time: Date.parse(time(n)), count: 1 };
    assert.deepEqual(lines.get(n - 1), expected);
  }
});

test("the same words among the ten newest lines are counted, unless they are a milestone or a gap", () => {
  const lines = new Lines();
  for (const [message, level] of [["a", "info"], ["b", "info"], ["a", "info"], ["a", "error"], ["a", "info"], ["m", "milestone"], ["m", "milestone"], ["g", "gap"], ["g", "gap"]]) {
    lines.push({ message, level });
  }
  const all = Array.from({ length: lines.length }, (_, at) => lines.get(at)).map(({ text, level, count }) => `${text} ${level} ${count}`);
  assert.deepEqual(all, ["a info 3", "b info 1", "a error 1", "m milestone 1", "m milestone 1", "g gap 1", "g gap 1"]);
  assert.equal(lines.changes, 2);
});

test("words that come again after ten others are a line of their own", () => {
  const lines = filled(11);
  lines.push({ message: "line 1", level: "info" });
  lines.push({ message: "line 3", level: "info" });
  assert.equal(lines.length, 12);
});

test("a repetition is counted on its line also when that one's chunk is full by then", () => {
  const lines = filled(CHUNK + 3);
  lines.push({ message: `line ${CHUNK}`, level: "info" });
  assert.equal(lines.length, CHUNK + 3);
  assert.equal(lines.get(CHUNK - 1).count, 2);
});

test("the oldest lines go a chunk at a time, and the others keep their numbers", () => {
  const lines = filled(5 * CHUNK, (n) => ({ level: n % 2 ? "error" : "info" }), new Lines(2 * CHUNK));
  assert.equal(lines.begin, 2 * CHUNK);
  assert.equal(lines.get(lines.begin).text, `line ${2 * CHUNK + 1}`);
  assert.equal(lines.get(lines.end - 1).number, 5 * CHUNK);
  assert.equal(lines.counts[FILTERS.error] + lines.counts[FILTERS.info], lines.length);
  assert.equal(lines.has(lines.begin - 1), false);
});

test("lines that the page has not got are counted in the numbers of the others", () => {
  const lines = new Lines();
  lines.startAfter(12_000);
  filled(3, undefined, lines);
  assert.equal(lines.get(0).number, 12_001);
  assert.equal(lines.atOf(12_003), 2);
});

test("of a line that is too long the beginning is kept, and how much is missing", () => {
  const lines = new Lines();
  lines.push({ message: "x".repeat(MAX_TEXT + 5), level: "info" });
  assert.equal(lines.text(0), `${"x".repeat(MAX_TEXT)}… (+5)`);
});

test("what colours a line in a terminal is no part of it, and lines that differ only in that are the same", () => {
  const lines = new Lines();
  for (const message of ["\x1b[1;31mfailed\x1b[0m after \x1b[38;5;208m3 s\x1b[m", "failed after 3 s", "\x1b[2K\x1b[1Gagain", "an array [31m] stays"]) lines.push({ message, level: "info" });
  assert.deepEqual(Array.from({ length: lines.end }, (_, n) => [lines.get(n).text, lines.get(n).count]), [["failed after 3 s", 2], ["again", 1], ["an array [31m] stays", 1]]);
});

test("a line without a time that can be read has none", () => {
  const lines = new Lines();
  lines.push({ message: "a", level: "info" });
  lines.push({ message: "b", level: "info", time: "soon" });
  assert.deepEqual([lines.get(0).time, lines.get(1).time], [NaN, NaN]);
});

const LEVELS = ["trace", "debug", "info", "success", "warning", "error", "critical", "milestone", "gap"];

for (const [filter, levels] of [["all", LEVELS], ["milestone", ["milestone", "gap"]], ["info", ["trace", "debug", "info", "success", "gap"]], ["warning", ["warning", "gap"]], ["error", ["error", "critical", "gap"]]]) {
  test(`the filter ${filter} shows ${levels.join(", ")}`, () => {
    const lines = filled(3 * CHUNK, (n) => ({ level: LEVELS[n % LEVELS.length] }));
    const shown = new Shown(lines, FILTERS[filter]);
    const expected = Array.from({ length: lines.length }, (_, at) => at).filter((at) => levels.includes(lines.get(at).level));
    assert.equal(shown.length, expected.length);
    assert.deepEqual(Array.from({ length: shown.length }, (_, place) => shown.at(place)), expected);
    assert.equal(shown.placeOf(expected[5]), 5);
    assert.equal(shown.placeOf(expected[5] + 1), 6, "a line that is not shown has the place of the next one");
  });
}

for (const filter of ["all", "error"]) {
  test(`with the filter ${filter}, lines that come are shown at the end, and those that go are counted`, () => {
    const line = (n) => ({ level: n % 4 ? "info" : "error" });
    const lines = filled(2 * CHUNK, line, new Lines(2 * CHUNK));
    const shown = new Shown(lines, FILTERS[filter]);
    const [before, second] = [shown.length, shown.at(CHUNK / 4)];
    let gone = 0;
    for (let n = 2 * CHUNK + 1; n <= 9 * CHUNK; n++) {
      lines.push({ message: `line ${n}`, ...line(n) });
      lines.trim();
      if (n % 700 === 0) gone += shown.update();
    }
    gone += shown.update();
    const share = filter === "all" ? 1 : 4;
    assert.equal(gone, (lines.begin - 0) / share);
    assert.equal(shown.length, before + (7 * CHUNK) / share - gone);
    assert.ok(second < lines.begin);
    assert.equal(shown.at(shown.length - 1), filter === "all" ? lines.end - 1 : 9 * CHUNK - 1);
    assert.equal(shown.placeOf(shown.at(3)), 3);
  });
}

for (const filter of ["all", "error"]) {
  test(`newest first with the filter ${filter}, lines that come move the others down, and those that go move none`, () => {
    const line = (n) => ({ level: n % 4 ? "info" : "error" });
    const lines = filled(2 * CHUNK, line, new Lines(2 * CHUNK));
    const [shown, forwards] = [true, false].map((newestFirst) => new Shown(lines, FILTERS[filter], newestFirst));
    const kept = shown.at(7);
    assert.equal(shown.placeOf(kept), 7);
    lines.push({ message: "not taken in yet", level: "error" });
    assert.equal(shown.placeOf(kept), 7, "places change when it is told");
    const from = lines.length + 1;
    for (let n = from; n < from + CHUNK; n++) lines.push({ message: `line ${n}`, ...line(n) });
    lines.trim();
    const [before, moved] = [shown.length, shown.update()];
    forwards.update();
    assert.equal(shown.placeOf(kept), 7 - moved);
    assert.ok(moved < 0 && lines.begin >= 0 && before > 0);
    assert.deepEqual(Array.from({ length: shown.length }, (_, place) => shown.at(place)), Array.from({ length: forwards.length }, (_, place) => forwards.at(place)).reverse());
    assert.equal(shown.placeOf(shown.at(0)), 0);
  });
}

test("the next error is found in both directions, critical ones too, and no other line", () => {
  const lines = filled(3 * CHUNK, (n) => ({ level: n === 5 ? "critical" : n === 2 * CHUNK ? "error" : "warning" }));
  assert.equal(nextError(lines, -1, 1), 4);
  assert.equal(nextError(lines, 4, 1), 2 * CHUNK - 1);
  assert.equal(nextError(lines, 2 * CHUNK - 1, 1), -1);
  assert.equal(nextError(lines, lines.end, -1), 2 * CHUNK - 1);
  assert.equal(nextError(lines, 4, -1), -1);
  assert.equal(nextError(new Lines(), -1, 1), -1);
});

test("all lines are searched, in either case, whatever signs are looked for", async () => {
  const lines = filled(4 * CHUNK, (n) => ({ message: n % 500 ? `line ${n}` : `A [Needle]. (${n}) \\d+` }));
  for (const words of ["needle", "[NEEDLE].", "\\d+", ". (", "a ["]) {
    const { search } = searching(lines);
    search.start(words, FILTERS.all, 0);
    await settled();
    assert.equal(search.count, 8, words);
    assert.deepEqual(await walk(search, -1, 1), [1, 2, 3, 4, 5, 6, 7, 8].map((n) => n * 500 - 1));
  }
});

test("one goes from each found line to the next and to the one before, around the end", async () => {
  const lines = filled(3 * CHUNK, (n) => ({ message: n % 1000 ? "x".repeat(n % 7) + n : `needle ${n}, needle` }));
  const { search } = searching(lines);
  search.start("needle", FILTERS.all, 0);
  const [a, b, c] = [999, 1999, 2999];
  assert.deepEqual(await walk(search, 1500, 1), [b, c, a]);
  assert.deepEqual(await walk(search, 1500, -1), [a, c, b]);
  assert.deepEqual([a, b, c, 5].map((at) => search.ordinal(at)), [1, 2, 3, 0]);
  assert.equal(await search.next(a, -1), c);
});

test("what is found is a line, not words that go over two", async () => {
  const lines = filled(CHUNK, (n) => ({ message: `end ${n % 40} begin` }));
  const { search } = searching(lines);
  search.start("begin\nend", FILTERS.all, 0);
  assert.equal(await search.next(-1, 1), -1);
});

test("lines that the filter does not show are not found", async () => {
  const lines = filled(2 * CHUNK, (n) => ({ level: n % 2 ? "error" : "info" }));
  const { search } = searching(lines);
  search.start("line", FILTERS.error, 0);
  assert.equal(await search.next(0, 1), 2);
  assert.equal(search.count, CHUNK);
});

test("a search goes on in slices, from where one looks, and finds the first line there", async () => {
  const lines = filled(20 * CHUNK);
  const { search, told } = searching(lines, 5);
  search.start("line", FILTERS.all, 15 * CHUNK + 3);
  assert.equal(search.isLooking, true, "some slices are still to come");
  assert.equal(search.ordinal(15 * CHUNK), 1, "what one looks at was first");
  while (search.isLooking) await settled();
  assert.equal(search.count, 20 * CHUNK);
  assert.ok(told.length > 5);
  assert.deepEqual(told, told.toSorted((a, b) => a - b));
});

test("a search for something else ends the one before", async () => {
  const lines = filled(20 * CHUNK);
  const { search } = searching(lines, 5);
  search.start("line", FILTERS.all, 0);
  const before = search.next(-1, -1);
  search.start("line 20", FILTERS.all, 0);
  while (search.isLooking) await settled();
  assert.equal(await before, undefined);
  assert.equal(search.count, Array.from({ length: 20 * CHUNK }, (_, n) => `line ${n + 1}`).filter((text) => text.includes("line 20")).length);
  search.start("", FILTERS.all, 0);
  assert.deepEqual([search.count, await search.next(0, 1)], [0, -1]);
});

test("a search that is over is not begun anew before lines come", async () => {
  const lines = filled(2 * CHUNK + 5);
  const { search, told } = searching(lines);
  search.start("line", FILTERS.all, 0);
  await settled();
  search.update();
  assert.deepEqual([search.isLooking, told.length], [false, 1]);
  lines.push({ message: "one more line", level: "info" });
  search.update();
  assert.equal(search.isLooking, true);
  await settled();
  assert.deepEqual([search.isLooking, search.count, told.length], [false, 2 * CHUNK + 6, 2]);
});

test("lines that come while one searches are found, and those that go are not counted any more", async () => {
  const lines = filled(CHUNK + 5, undefined, new Lines(2 * CHUNK));
  const { search } = searching(lines);
  search.start("line", FILTERS.all, 0);
  for (let n = CHUNK + 6; n <= 6 * CHUNK + 9; n++) {
    lines.push({ message: `line ${n}`, level: "info" });
    lines.trim();
    if (n % 300 === 0) search.update();
  }
  search.update();
  while (search.isLooking) await settled();
  assert.equal(search.count, lines.length);
  assert.equal(search.ordinal(lines.end - 1), lines.length);
  assert.equal(await search.next(lines.end - 1, 1), lines.begin);
});

test("rows stand where they are as long as a browser is as high as that", () => {
  const scroll = new Scroll();
  scroll.resize(10_000, 20, 400);
  scroll.move(1234);
  assert.equal(scroll.size, 200_000);
  assert.equal(scroll.top, 1234);
  assert.deepEqual(scroll.rows, [61, 82]);
  scroll.top = scroll.max;
  assert.deepEqual([scroll.pageTop, scroll.isAtEnd, scroll.rows], [199_600, true, [9980, 10_000]]);
});

for (const rows of [799_999, 1_000_000, 10_000_000]) {
  test(`each of ${rows} rows can be reached to the pixel, and both ends by scrolling`, () => {
    const scroll = new Scroll();
    scroll.resize(rows, 20.5, 413);
    assert.equal(scroll.size, MAX_PX);
    for (const row of [0, 1, 150_000, rows - 1]) {
      scroll.show(row, "nearest");
      assert.ok(scroll.top <= row * 20.5 && scroll.top + 413 >= (row + 1) * 20.5, `row ${row} is in view`);
      assert.ok(scroll.pageTop >= 0 && scroll.pageTop <= MAX_PX - 413 + 1e-6);
    }
    scroll.move(0);
    assert.equal(scroll.top, 0);
    scroll.move(MAX_PX - 413);
    assert.deepEqual([scroll.isAtEnd, scroll.rows[1]], [true, rows]);
  });
}

test("of a million rows a wheel moves as many pixels as of ten, and the scroll bar reaches each part", () => {
  const scroll = new Scroll();
  scroll.resize(10_000_000, 20, 400);
  scroll.show(5_000_000, "center");
  const [before, page] = [scroll.top, Math.round(scroll.pageTop)];
  scroll.move(page + 100, page);
  assert.equal(scroll.top, before + 100);
  scroll.move(MAX_PX / 4, page + 100);
  assert.ok(Math.abs(scroll.top / scroll.max - 0.25) < 0.001);
  scroll.move(0, 100);
  assert.equal(scroll.top, 0, "the beginning of the page is that of the rows, wherever one came from");
});

test("a row that is in view is not moved, and others by as little as may be, or to the middle", () => {
  const scroll = new Scroll();
  scroll.resize(1000, 20, 100);
  scroll.top = 200;
  for (const where of ["nearest", "center"]) {
    scroll.show(12, where);
    assert.equal(scroll.top, 200);
  }
  scroll.show(20, "nearest");
  assert.equal(scroll.top, 320);
  scroll.show(500, "center");
  assert.equal(scroll.top, 9960);
  scroll.show(999, "center");
  assert.equal(scroll.top, scroll.max);
});

test("fewer rows than there is room for cannot be scrolled", () => {
  const scroll = new Scroll();
  scroll.resize(3, 20, 100);
  scroll.move(40);
  assert.deepEqual([scroll.max, scroll.top, scroll.rows, scroll.isAtEnd], [0, 0, [0, 3], true]);
  scroll.resize(0, 20, 100);
  assert.deepEqual(scroll.rows, [0, 0]);
});

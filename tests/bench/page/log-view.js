// Three ways in which a page shows a log, in one form: lines go in, and what one sees comes out. Bundled by ../log-view.mjs.

import { createElement, createRef } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { LazyLog } from "@melloware/react-logviewer";
import { entries, frames, mount } from "/support/element.js";

const HEIGHT = "24rem";
/** Whoever needs longer to scroll has shown by then what it costs. */
const SCROLL_MS = 20_000;
/** A view so much higher has so many fewer places to look at. */
const TALL = "30000px";

/** @param {{ time: string, level: string, message: string }} entry */
const textOf = ({ time, level, message }) => `${time} ${level} ${message}`;

/** `<research-progress>` with a research that says what it is told. */
function ours() {
  const element = mount({ client: false });
  const root = element.shadowRoot;
  const view = root.querySelector(".view");
  const input = root.querySelector(".search");
  return {
    view,
    add: (batch) => element.research.lines(batch),
    rows: () => root.querySelectorAll(".layer > .row"),
    height: (height) => element.style.setProperty("--research-log-height", height),
    stay: () => (element.following = false),
    goTo: (number) => element.goToLine(number),
    // What one types is looked for after a pause, or with Enter.
    find(words) {
      input.value = words;
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
    },
  };
}

/** The log viewer of npm, with its own search bar. */
function viewer() {
  const place = document.createElement("div");
  place.style.height = HEIGHT;
  document.body.append(place);
  const root = createRoot(place);
  const log = createRef();
  const render = (more) => flushSync(() => root.render(createElement(LazyLog, { ref: log, external: true, enableSearch: true, caseInsensitive: true, ...more })));
  render({ follow: true });
  const view = place.querySelector(".react-lazylog");
  const rows = () => view.querySelectorAll(".log-line");
  return {
    view,
    add: (batch) => log.current.appendLines(batch.map(textOf)),
    rows,
    height: (height) => (place.style.height = height),
    stay: () => render({ follow: false }),
    goTo: (number) => render({ follow: false, scrollToLine: number }),
    // It counts the hits at each letter, and goes to the first one with Enter.
    async find(words) {
      const input = place.querySelector("input");
      const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
      set.call(input, words);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await when(() => place.querySelector(".react-lazylog-searchbar-matches").textContent.startsWith("1 of"));
      input.dispatchEvent(new KeyboardEvent("keyup", { key: "Enter", bubbles: true }));
    },
  };
}

/** A node for each line, as a page writes it; once for all lines of a moment it scrolls to the end. */
function naive() {
  const view = document.createElement("div");
  view.style.cssText = `height: ${HEIGHT}; overflow: auto; font: 13px/1.7 monospace; white-space: nowrap`;
  document.body.append(view);
  return {
    view,
    add(batch) {
      for (const entry of batch) {
        const row = document.createElement("div");
        row.className = entry.level;
        row.textContent = textOf(entry);
        view.append(row);
      }
      view.scrollTop = view.scrollHeight;
    },
    rows: () => view.children,
    height: (height) => (view.style.height = height),
    stay: () => {},
    goTo: (number) => view.children[number - 1].scrollIntoView({ block: "center" }),
  };
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

async function when(holds) {
  while (!holds()) await nextFrame();
}

let side;
let data = [];

/** @param {"ours" | "viewer" | "naive"} name */
function open(name) {
  side = { ours, viewer, naive }[name]();
  return frames();
}

/** The row of a line, if it is in the document. A page looks from the end: a new line is there. @param {number} number */
function rowOf(number) {
  const rows = side.rows();
  const words = `(step ${number})`;
  const has = (row) => row?.textContent.includes(words);
  // In a list of all lines it is where its number says.
  if (rows.length >= number) return has(rows[number - 1]) ? rows[number - 1] : undefined;
  return [...rows].findLast(has);
}

/** How far a line is from being wholly in view, in pixels; Infinity if it is not in the document. @param {number} number */
function errorOf(number) {
  const row = rowOf(number)?.getBoundingClientRect();
  if (!row || row.height === 0) return Infinity;
  const box = side.view.getBoundingClientRect();
  // Browsers round to the pixels of the screen.
  return Math.round(Math.max(0, box.top - row.top, row.bottom - box.bottom));
}

const shows = (number) => when(() => errorOf(number) < Infinity);

/** Makes the lines, so that nothing of that is measured. */
function prepare(count) {
  data = entries(count);
}

/** Hands over the lines in batches, one a frame, and waits until the last is shown; returns how long that took, in milliseconds. */
async function feed(batches) {
  const begin = performance.now();
  const count = data.length;
  const size = Math.ceil(count / batches);
  for (let at = 0; at < count; at += size) {
    side.add(data.slice(at, at + size));
    if (at + size < count) await nextFrame();
  }
  data = [];
  await shows(count);
  await frames();
  return performance.now() - begin;
}

/** How many of the lines one sees nowhere between both ends. */
async function lost(count) {
  side.stay();
  side.height(TALL);
  await frames();
  const { view } = side;
  const seen = new Set();
  const look = () => {
    for (const row of side.rows()) seen.add(row.textContent.match(/\(step (\d+)\)/)?.[1]);
  };
  // A list of all lines has them without scrolling; where one cannot scroll further is the end.
  for (let patience = 1; patience <= 8 && seen.size < count; patience *= 2) {
    view.scrollTop = 0;
    for (let last = -1; seen.size < count && view.scrollTop > last; ) {
      for (let n = 0; n < patience; n += 1) await frames();
      look();
      last = view.scrollTop;
      view.scrollTop += 0.9 * view.clientHeight;
    }
  }
  side.height(HEIGHT);
  await frames();
  seen.delete(undefined);
  return count - seen.size;
}

/** From the first line to the last, in so many frames. */
async function scroll(steps) {
  side.stay();
  const { view } = side;
  view.scrollTop = 0;
  await frames();
  const end = view.scrollHeight - view.clientHeight;
  const until = performance.now() + SCROLL_MS;
  for (let n = 1; n <= steps && performance.now() < until; n += 1) {
    view.scrollTop = (n / steps) * end;
    await nextFrame();
  }
  await frames();
}

async function jump(number) {
  side.stay();
  await frames();
  side.goTo(number);
  for (let n = 0; n < 3; n += 1) await frames();
  return errorOf(number);
}

/** Goes to the end, looks for a line and returns how long it took until that was in view, in milliseconds. */
async function find(number) {
  side.stay();
  side.view.scrollTop = side.view.scrollHeight;
  await frames();
  const begin = performance.now();
  await side.find?.(`step ${number}`);
  await when(() => errorOf(number) === 0);
  return performance.now() - begin;
}

Object.assign(globalThis, { logView: { open, prepare, feed, lost, scroll, jump, find } });

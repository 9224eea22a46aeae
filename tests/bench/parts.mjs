// What the time of a line goes to: a profile of the page's main thread under a burst, its samples sorted by what runs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import path from "node:path";
import { packageFolder } from "../page/support/places.mjs";
import { callsOf, following, sendLines } from "./support/scripted.mjs";
import { thousands } from "./support/table.mjs";

export const title = "what a line's time goes to";

const SIZES = {
  full: { lines: 20_000, rounds: 5 },
  quick: { lines: 20_000, rounds: 2 },
  small: { lines: 500, rounds: 1 },
};
const WARM = 500;
/** Between samples. */
const EVERY_US = 100;

/**
 * The first that fits counts. What the core is made of only a module says whose functions have names: `cargo xtask bench` makes one.
 * @typedef {{ name: string, url: string, source: string, text: string }} Frame `source`: before it was bundled; `text`: of glue, as it begins
 * @type {{ part: string, what: string, has: (frame: Frame) => boolean }[]}
 */
const PARTS = [
  { part: "handler", what: "the page's handler", has: ({ url }) => url.endsWith("/clients.js") },
  { part: "requests", what: "polls and pongs", has: ({ name, url, source }) => source === "core/host.js" || (url === "" && /^(fetch|read|Request|Response|Headers|abort|AbortController|get body|cancel)$/.test(name)) },
  { part: "decode", what: "text from bytes", has: ({ name, url, text }) => (url === "" && name === "decode") || /^(decode)?\(\w\)\{return \w\?\(this|\.subarray\(/.test(text) },
  { part: "value", what: "JavaScript value (its JSON, JSON.parse)", has: ({ name, text }) => /json::string::write|::js::|^(wasm-to-js|js-to-wasm)/.test(name) || text.includes("JSON.parse(") },
  { part: "slices", what: "tasks and their timing", has: ({ name, url, text }) => /::browser::/.test(name) || (url === "" && /^(now|postMessage|postTask|setTimeout|clearTimeout)$/.test(name)) || text.includes("performance.now()") },
  { part: "memory", what: "allocation and its collection", has: ({ name }) => /talc|__rust|raw_vec|memcpy|memmove|garbage collector/.test(name) },
  { part: "deduplicate", what: "core: whether it was there, and who hears it", has: ({ name }) => /::research::(job|client)|::queue::|::mailbox/.test(name) },
  { part: "check", what: "core: reading and checking", has: ({ name }) => /::(json|text|payload|socket|engine|http)::|<?core\[|<str>|<\[u8\]>/.test(name) },
  { part: "core", what: "core: all else", has: ({ url }) => url.includes("_bg.wasm") },
  { part: "freezing", what: "freezing and keeping (client/newest.js)", has: ({ source }) => source === "client/newest.js" },
  { part: "facade", what: "the rest of the facade, and the glue", has: ({ url }) => url.includes("/pkg/") },
  { part: "browser", what: "the browser itself", has: () => true },
];

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size, options) {
  const { lines, rounds } = { ...SIZES[size], ...(options.lines && { lines: Number(options.lines) }) };
  const unit = "µs/line";
  rows.declare("parts", { what: `${thousands(lines)} lines in a profile: main thread`, unit });
  for (const { part, what } of PARTS) rows.declare(`parts/${part}`, { what: `of it ${what}`, unit, beside: "" });
  for (let round = 0; round < rounds; round += 1) {
    const peer = await profile(t, "peer", lines);
    const ours = await profile(t, "ours", lines);
    rows.add("parts", { ours: sum(ours) / lines, peer: sum(peer) / lines });
    for (const { part } of PARTS) rows.add(`parts/${part}`, { ours: (ours.get(part) ?? 0) / lines });
  }
}

/** Microseconds of each part. @param {import("node:test").TestContext} t @param {"ours" | "peer"} client @param {number} lines */
async function profile(t, client, lines) {
  /** @type {Map<string, number>} */
  const parts = new Map();
  await following(t, client, async (page, server) => {
    await sendLines(page, server, { count: WARM, calls: WARM });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Profiler.enable");
    await devtools.send("Profiler.setSamplingInterval", { interval: EVERY_US });
    await devtools.send("Profiler.start");
    await sendLines(page, server, { count: lines, first: WARM, calls: WARM + lines });
    const { profile } = await devtools.send("Profiler.stop");
    assert.equal(await callsOf(page), WARM + lines, `lines that ${client} has handed over`);
    const partOf = partsOf(profile.nodes);
    profile.samples?.forEach((node, n) => {
      const part = partOf.get(node);
      if (part !== undefined) parts.set(part, (parts.get(part) ?? 0) + (profile.timeDeltas?.[n] ?? 0));
    });
  });
  return parts;
}

/** The part of each node; none of one in which the page waits. @param {{ id: number, callFrame: any }[]} nodes */
function partsOf(nodes) {
  const read = (/** @type {string} */ file) => readFileSync(path.join(packageFolder(), file), "utf8");
  const bundle = new SourceMap(JSON.parse(read("index.js.map")));
  const glue = read("research_socket.js").split("\n");
  /** @type {Map<number, string>} */
  const parts = new Map();
  for (const { id, callFrame } of nodes) {
    const { functionName: name, url, lineNumber, columnNumber } = callFrame;
    if (name === "(idle)" || name === "(root)") continue;
    const isBundle = url.endsWith("/pkg/index.js");
    const isGlue = url.endsWith("/pkg/research_socket.js");
    const entry = /** @type {{ originalSource?: string }} */ (isBundle ? bundle.findEntry(lineNumber, columnNumber) : {});
    const text = isGlue ? bodyOf(glue[lineNumber].slice(columnNumber)) : "";
    const frame = { name, url, source: entry.originalSource ?? "", text };
    parts.set(id, PARTS.find(({ has }) => has(frame))?.part ?? "browser");
  }
  return parts;
}

/** A function's text, to the end of its braces. @param {string} text that begins with it */
function bodyOf(text) {
  let depth = 0;
  for (let n = 0; n < text.length; n += 1) {
    if (text[n] === "{") depth += 1;
    if (text[n] === "}" && (depth -= 1) === 0) return text.slice(0, n + 1);
  }
  return text;
}

/** @param {Map<string, number>} parts */
function sum(parts) {
  return [...parts.values()].reduce((sum, one) => sum + one, 0);
}

// What the element is to who listens: Chromium's own accessibility tree, from the start over a burst of lines to the end, on a clock that
// only the test moves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withElement } from "./open.mjs";
import { LIMIT } from "../support/until.mjs";

/** What says nothing by itself: its words stand in the name of what is around it, or are no part of the element's shape. */
const PASSED_OVER = new Set(["none", "generic", "StaticText", "InlineTextBox", "paragraph", "RootWebArea", "main", "heading"]);

/**
 * @typedef {{ nodeId: string, ignored: boolean, role?: { value: string }, name?: { value: string }, properties?: { name: string, value: { value?: unknown } }[], childIds?: string[] }} Node
 * @typedef {{ shape: string[], options: string[], live: string[], said: string }} Heard
 */

/**
 * What a screen reader gets: each thing with role and name, indented as it is nested; the rows of lists; what is live; and what was said last.
 * @param {import("playwright-core").CDPSession} cdp @returns {Promise<Heard>}
 */
async function listen(cdp) {
  /** @type {{ nodes: Node[] }} */
  const { nodes } = /** @type {any} */ (await cdp.send("Accessibility.getFullAXTree"));
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  /** @type {Heard} */
  const heard = { shape: [], options: [], live: [], said: "" };
  const words = (/** @type {Node} */ node) => /** @type {string} */ (node.role?.value === "StaticText" ? (node.name?.value ?? "") : children(node).map(words).join(""));
  const children = (/** @type {Node} */ node) => (node.childIds ?? []).flatMap((id) => byId.get(id) ?? []);
  const walk = (/** @type {Node} */ node, /** @type {number} */ depth, /** @type {string} */ within) => {
    const role = node.role?.value ?? "";
    const name = node.name?.value ?? "";
    const property = (/** @type {string} */ wanted) => node.properties?.find(({ name }) => name === wanted)?.value.value;
    // What is live within something that is live is not live by itself.
    const live = property("live");
    if (!node.ignored && live !== undefined && live !== "off" && live !== within) heard.live.push(`${role} ${live}`);
    const isShown = !node.ignored && !PASSED_OVER.has(role);
    if (role === "log") heard.said = words(node);
    if (role === "option") heard.options.push(name);
    else if (isShown) heard.shape.push(`${"  ".repeat(depth)}${role}${name === "" ? "" : ` ${name}`}${property("disabled") ? " (disabled)" : ""}${property("pressed") === "true" ? " (pressed)" : ""}`);
    if (role !== "option") for (const child of children(node)) walk(child, depth + (isShown ? 1 : 0), String(live ?? within));
  };
  walk(nodes[0], 0, "off");
  return heard;
}

/** What stands there in each state. @param {string[]} counts of the filters @param {{ lines?: boolean, errors?: boolean, end?: boolean }} has */
const shape = (counts, { lines = false, errors = false, end = false }) => [
  "progressbar Progress",
  end ? ["link Show the result", "link Start a new research"] : "button Cancel",
  "group Log",
  "  button Log",
  "  group Show",
  ["All", "Milestones", "Info", "Warnings", "Errors"].map((name, n) => `    button ${name} ${counts[n]}${n === 0 ? " (pressed)" : ""}`),
  "  searchbox Search the log",
  "  button Previous hit (disabled)",
  "  button Next hit (disabled)",
  ["Previous error", "Next error"].map((name) => `  button ${name}${errors ? "" : " (disabled)"}`),
  "  button Newest first",
  "  button Follow (pressed)",
  "  button Wrap lines",
  "  group Download",
  ["Text", "JSON"].map((name) => `    button ${name}${lines ? "" : " (disabled)"}`),
  "  listbox Log",
  "log",
].flat();

const BURST_MS = 20_000;
const LINES_PER_MS = 1;
/** Something is said no more often than this. */
const QUIET_MS = 5000;

test("a burst of a thousand lines a second is a sentence every five seconds for who listens, and its rows are read by nobody", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Accessibility.enable");
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    // Not page.evaluate, which waits for frames here: there are none before the clock goes on.
    /** @type {typeof page.evaluate} */
    const run = (...args) => Reflect.apply(page.mainFrame().evaluate, page.mainFrame(), args);
    await run(() => {
      /** @type {[at: number, words: string][]} */
      const said = [];
      Object.assign(window, { said });
      new MutationObserver(() => said.push([Date.now(), part("spoken").textContent])).observe(part("spoken"), { childList: true, subtree: true, characterData: true });
    });
    /** @type {() => Promise<[at: number, words: string][]>} */
    const said = () => run(() => Reflect.get(window, "said"));
    /** @param {Heard} heard @param {string[]} wanted @param {string} state */
    const is = (heard, wanted, state) => {
      assert.deepEqual(heard.shape, wanted, state);
      assert.deepEqual(heard.live, ["log polite"], `${state}: one place is live, and it is not the list of lines`);
      assert.ok(heard.options.length <= 80, `${state}: ${heard.options.length} rows`);
    };

    const start = await listen(cdp);
    is(start, shape(["0", "0", "0", "0", "0"], {}), "start");
    assert.deepEqual([start.options, start.said, await said()], [[], "", []]);

    await run(() => research.lines(entries(2)));
    await page.clock.runFor(1000);
    const middle = await listen(cdp);
    is(middle, shape(["2", "1", "1", "0", "0"], { lines: true }), "middle");
    assert.equal(middle.said, "Reading https://example.org/paper (step 1). Engine searxng gave results (step 2)", "few lines are read");
    assert.equal(middle.options.length, 2);

    // Past the silence that follows them.
    await page.clock.runFor(QUIET_MS);
    const before = (await said()).length;
    const STEP_MS = 100;
    for (let ms = 0; ms < BURST_MS; ms += STEP_MS) {
      await run(([count, from]) => research.lines(entries(count, from)), [STEP_MS * LINES_PER_MS, 3 + ms * LINES_PER_MS]);
      await page.clock.runFor(STEP_MS);
      if (ms !== BURST_MS / 2) continue;
      const burst = await listen(cdp);
      is(burst, shape(["10,102", "41", "9,937", "104", "20"], { lines: true, errors: true }), "burst");
      assert.ok(burst.options.at(-1)?.endsWith("(step 10102)"), "it follows");
      assert.match(burst.said, /^\d,\d{3} new lines, \d+ errors$/);
    }
    // Nothing comes any more, and what was not said yet is.
    await page.clock.runFor(2 * QUIET_MS);
    const told = (await said()).slice(before);
    assert.ok(told.length >= 3 && told.length <= BURST_MS / QUIET_MS + 2, JSON.stringify(told));
    for (const [n, [at, words]] of told.entries()) {
      assert.ok(n === 0 || at - told[n - 1][0] >= QUIET_MS, JSON.stringify(told));
      assert.match(words, /^[\d,]+ new lines(, \d+ errors?)?$/);
    }
    const counted = told.map(([, words]) => Number(words.split(" ")[0].replaceAll(",", "")));
    assert.equal(counted.reduce((sum, count) => sum + count), BURST_MS * LINES_PER_MS, "each line is counted once");

    await run(() => research.tell({ status: "completed", progress: 100 }, "end", { status: "completed", message: "The report is written", progress: 100, error: null, source: "live" }));
    await page.clock.runFor(QUIET_MS);
    const end = await listen(cdp);
    is(end, shape(["20,002", "80", "19,676", "206", "40"], { lines: true, errors: true, end: true }), "end");
    assert.equal(end.said, "Completed: The report is written");
  });
});

// Records a run with a restart of the server for www/recorded.html, which takes as long as it shows: node --test tests/page/support/record.mjs

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { startServer } from "../../package/support/server.mjs";
import { FAILED_REQUEST, withPage } from "./browser.mjs";
import { packageFolder, ROOT } from "./places.mjs";
import { until } from "./until.mjs";

const TITLE = "How do corals sense the moon?";
const ID = "recorded";

/** A payload of the research. @param {object} data */
const tells = (data) => ["emit", { research_id: ID, data }];
/** What it does now. @param {number} progress @param {string} phase @param {string} message @param {object} [fields] */
const does = (progress, phase, message, fields = {}) => tells({ progress, phase, message, ...fields });
/** How far it is. @param {number} progress */
const is = (progress) => tells({ progress });
/** A search engine and how much it has found. @param {string} engine @param {number} result_count */
const chose = (engine, result_count) => tells({ event: "search_engine_selected", engine, result_count, message: `Reading what ${engine} has found` });
/** A line of its log. @param {string} level @param {string} words */
const line = (level, words) => ["burst", { research_id: ID, lines: 1, level, prefix: words, numbered: false }];
/** An agent searches. @param {number} iteration @param {string} query */
const searches = (iteration, query) => ({ tool: "web_search", arguments: { query, max_results: 40 }, iteration });

/**
 * What the server does and says when, in seconds. While it is away nobody hears it.
 * @type {[second: number, command: any[]][]}
 */
const COURSE = [
  [0.4, tells({ status: "queued", queue_position: 2, message: "Waiting for two others" })],
  [2, tells({ status: "queued", queue_position: 1, message: "Waiting for another one" })],
  [4, tells({ status: "in_progress", progress: 0, phase: "init", message: "Starting research" })],
  [4.2, line("INFO", `Starting research: ${TITLE}`)],
  [4.7, line("DEBUG", "Three iterations at most, and a report with all sources")],
  [6, does(4, "thought", "Thinking", { thought: "Corals spawn a few nights after full moon, all at once. With what do they see so little light?", iteration: 1 })],
  [10, does(8, "tool_call", "Searching the web", searches(1, "coral spawning moonlight cryptochrome"))],
  [10.6, chose("searxng", 24)],
  [11, line("INFO", "SearXNG: 24 results for “coral spawning moonlight cryptochrome”")],
  [11.8, line("INFO", "Reading tide-and-reef.example")],
  [12.4, is(11)],
  [12.6, line("INFO", "Reading moonlit-reef.example")],
  [13.2, line("INFO", "Reading cryptochrome.example")],
  [13.9, line("WARNING", "archive.example asks for a pause (429 Too Many Requests): once more in 3 s")],
  [14.6, is(15)],
  [15.2, line("DEBUG", "4 of 24 pages are in another language")],
  [16.9, line("INFO", "Reading archive.example")],
  [17.6, line("SUCCESS", "11 of 24 sources say something of light")],
  [18, does(20, "observation", "Reading the results", { content: "Cryptochromes in the tissue of corals answer to blue light as weak as the moon's.", iteration: 1 })],
  [19.2, line("INFO", "Found: a gene for a cryptochrome is read more on moonlit nights")],
  [20.6, line("INFO", "Found: larvae without eyes see blue light")],
  [22, line("MILESTONE", "Iteration 1 complete: 11 sources, 5 findings")],
  [22.2, does(26, "iteration_complete", "Completed iteration 1", { iteration: 1 })],
  [24, does(28, "thought", "Thinking", { thought: "The moon shines on many nights. What tells the one after full moon from the one before?", iteration: 2 })],
  [28, does(32, "tool_call", "Asking PubMed", searches(2, "coral spawning moonrise darkness"))],
  [28.5, chose("pubmed", 13)],
  [28.9, line("INFO", "PubMed: 13 articles for “coral spawning moonrise darkness”")],
  [29.6, line("INFO", "Reading article 1 of 13")],
  [30.2, ["restart", { down_ms: 7000 }]],
  [30.8, line("INFO", "Reading article 2 of 13")],
  [31.8, line("INFO", "Reading article 3 of 13")],
  [32, is(36)],
  [32.8, line("INFO", "Reading article 4 of 13")],
  [33.7, line("WARNING", "Article 5 of 13 is a preprint: it counts for half")],
  [34.6, line("INFO", "Reading article 6 of 13")],
  [35.4, line("ERROR", "Article 7 of 13 cannot be read: its publisher answers 403 Forbidden")],
  [35.8, is(40)],
  [36.3, line("INFO", "Reading article 8 of 13")],
  [37.3, line("INFO", "Reading articles 9 to 13")],
  [38.2, line("SUCCESS", "12 of 13 articles are read")],
  [41, does(46, "observation", "Reading the results", { content: "After full moon the moon rises later each night: the dark between sunset and moonrise is the sign.", iteration: 2 })],
  [42.2, line("INFO", "Found: corals that were kept in the dark after sunset spawned earlier")],
  [44, line("MILESTONE", "Iteration 2 complete: 12 articles, 4 findings")],
  [44.2, does(52, "iteration_complete", "Completed iteration 2", { iteration: 2 })],
  [46, does(54, "thought", "Thinking", { thought: "If the dark is the sign, light at the coast should disturb it. Is that known?", iteration: 3 })],
  [49.5, does(58, "tool_call", "Searching the web", searches(3, "artificial light at night coast coral spawning"))],
  [50, chose("searxng", 31)],
  [50.3, line("INFO", "SearXNG: 31 results for “artificial light at night coast coral spawning”")],
  [51, line("INFO", "Reading lit-coasts.example")],
  [51.8, line("INFO", "Reading night-sky.example")],
  [52, is(62)],
  [52.6, line("WARNING", "reefwatch.example takes longer than 3 s")],
  [53.4, line("INFO", "Waiting for reefwatch.example")],
  [54.4, line("INFO", "Waiting for reefwatch.example")],
  [54.9, is(66)],
  [55.4, line("INFO", "Waiting for reefwatch.example")],
  [56, line("INFO", "Reading reefwatch.example")],
  [57, does(70, "observation", "Reading the results", { content: "Along lit coasts corals spawn one to three nights nearer to full moon.", iteration: 3 })],
  [58.2, line("INFO", "Found: most in the Red Sea and the Gulf of Eilat")],
  [59.8, line("MILESTONE", "Iteration 3 complete: 9 sources, 3 findings")],
  [60, does(75, "iteration_complete", "Completed iteration 3", { iteration: 3 })],
  [62, does(80, "final_synthesis", "Writing the synthesis")],
  [62.6, line("INFO", "32 sources, 12 findings")],
  [64.5, line("WARNING", "Two sources contradict each other: the newer one counts")],
  [65, is(84)],
  [66.5, line("DEBUG", "1,840 words, 32 citations")],
  [67.2, is(88)],
  [69, does(92, "report_generation", "Generating report")],
  [70.2, line("INFO", "All citations lead to their source")],
  [71.5, is(96)],
  [73, line("MILESTONE", "Generated report")],
  [73.5, does(100, "report_complete", "Report complete")],
  [75, ["end", { research_id: ID }]],
];

test("a run is recorded", { timeout: 180_000 }, async (t) => {
  const server = await startServer(t, { www: path.join(ROOT, "www"), pkg: packageFolder() });
  const [[, [, queued]]] = COURSE;
  await fetch(`${server.url}/control/emit`, { method: "POST", body: JSON.stringify(queued) });
  await withPage(`${server.url}/icon.svg`, { expected: [FAILED_REQUEST] }, async (page) => {
    await page.evaluate(async ([query, id]) => {
      const { connect } = await import(String("/pkg/index.js"));
      const { timelineAt } = await import(String("/recorded-run.js"));
      const client = await connect();
      const research = client.subscribe(id);
      const plain = (/** @type {object} */ state) => Object.fromEntries(Object.entries(state).filter(([key]) => key !== "logs" && key !== "reason"));
      const began = Date.now();
      /** @type {Record<string, object>} */
      const last = { research: plain(research.state), client: plain(client.state) };
      /** @type {unknown[]} */
      const told = [];
      /** What it did when, each entry with when it was known. @type {Record<string, [number, any, number?][]>} */
      const timeline = { phases: [], milestones: [], progress: [], engines: [], errors: [], newest: [], to: [] };
      const recording = { title: query, began, research: last.research, client: last.client, timeline, told };
      /** What it said of that, by when. @type {Map<number, string>} */
      const said = new Map();
      const note = (/** @type {number} */ ms) => {
        const now = research.timeline();
        said.set(ms, JSON.stringify(now));
        // When a phase ends the next one says.
        const parts = { ...now, phases: now.phases.map(({ phase, from }) => ({ phase, from })), newest: [now.newest], to: [now.to] };
        for (const [name, kept] of Object.entries(timeline)) {
          const now = Reflect.get(parts, name).map((/** @type {any} */ entry) => JSON.stringify(entry)).filter((/** @type {string} */ entry) => entry !== "null");
          const isKept = (/** @type {string} */ words) => kept.some(([, other, wrong]) => wrong === undefined && JSON.stringify(other) === words);
          for (const entry of kept) if (typeof entry[1] === "object" && entry[2] === undefined && !now.includes(JSON.stringify(entry[1]))) entry[2] = ms;
          for (const words of now) if (!isKept(words)) kept.push([ms, JSON.parse(words)]);
          // A line that came late has the place of its time.
          kept.sort(([, one], [, other]) => (one.at ?? one.from ?? one) - (other.at ?? other.from ?? other));
        }
      };
      const isWhole = () => {
        for (const [ms, words] of said) if (JSON.stringify(timelineAt(timeline, ms)) !== words) throw new Error(`after ${ms} ms it was ${words}, and is kept as ${JSON.stringify(timelineAt(timeline, ms))}`);
        return true;
      };
      const record = (/** @type {string} */ whose, /** @type {{ state: object, on: Function }} */ teller, /** @type {string[]} */ events) => {
        for (const event of events) {
          teller.on(event, (/** @type {unknown} */ value) => {
            const now = plain(teller.state);
            const changes = Object.fromEntries(Object.entries(now).filter(([key, field]) => JSON.stringify(field) !== JSON.stringify(Reflect.get(last[whose] ?? {}, key))));
            last[whose] = now;
            const ms = Date.now() - began;
            if (whose === "research") note(ms);
            // Of an update the element asks the state.
            told.push([ms, whose, event, event === "update" ? null : event === "state" ? now : value, event === "state" ? now : changes]);
          });
        }
      };
      record("research", research, ["update", "log", "status", "task", "step", "engine", "failure", "gap", "refusal", "end"]);
      record("client", client, ["state"]);
      Object.assign(window, { recording, done: false });
      void research.done.then(() => setTimeout(() => Object.assign(window, { done: true, isWhole }), 500));
    }, [TITLE, ID]);
    const began = performance.now();
    for (const [second, [command, body]] of COURSE) {
      await new Promise((done) => setTimeout(done, began + 1000 * second - performance.now()));
      const response = await fetch(`${server.url}/control/${command}`, { method: "POST", body: JSON.stringify(body) });
      assert.ok(response.ok, `${command}: ${response.status} ${await response.text()}`);
    }
    await until("it is over", () => page.evaluate(() => Reflect.get(window, "done")));
    assert.ok(await page.evaluate(() => Reflect.get(window, "isWhole")()), "what is kept of its timeline is what it said each time");
    const recording = await page.evaluate(() => Reflect.get(window, "recording"));
    assert.ok(recording.told.some((/** @type {unknown[]} */ [, , event]) => event === "gap"), "lines were missed, and came late");
    const told = recording.told.map((/** @type {unknown} */ line) => `    ${JSON.stringify(line)}`).join(",\n");
    const { told: _, ...head } = recording;
    await writeFile(path.join(ROOT, "www/recorded.json"), `${JSON.stringify(head).slice(0, -1)},\n  "told": [\n${told}\n  ]}\n`);
  });
});

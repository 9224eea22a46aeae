// Records a run with a restart of the server for www/recorded.html: node --test tests/page/support/record.mjs

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { startServer } from "../../package/support/server.mjs";
import { FAILED_REQUEST, withPage } from "./browser.mjs";
import { packageFolder, ROOT } from "./places.mjs";
import { until } from "./until.mjs";

const TITLE = "How do corals sense the moon?";

test("a run is recorded", { timeout: 180_000 }, async (t) => {
  const server = await startServer(t, { www: path.join(ROOT, "www"), pkg: packageFolder() });
  await withPage(`${server.url}/icon.svg`, { expected: [FAILED_REQUEST] }, async (page) => {
    await page.evaluate(async (query) => {
      const { connect } = await import(String("/pkg/index.js"));
      const { timelineAt } = await import(String("/recorded-run.js"));
      const post = (/** @type {string} */ path, /** @type {object} */ body) => fetch(path, { method: "POST", body: JSON.stringify(body) });
      const client = await connect();
      await post("/control/research", { research_id: "recorded", query, step_ms: 500 });
      const research = client.subscribe("recorded");
      const plain = (/** @type {object} */ state) => Object.fromEntries(Object.entries(state).filter(([key]) => key !== "logs" && key !== "reason"));
      const began = Date.now();
      /** @type {Record<string, object>} */
      const last = { research: plain(research.state), client: plain(client.state) };
      /** @type {unknown[]} */
      const told = [];
      /** What it did when, each entry with when it was known. @type {Record<string, [number, any][]>} */
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
          for (const entry of Reflect.get(parts, name)) {
            if (entry !== null && !kept.some(([, other]) => JSON.stringify(other) === JSON.stringify(entry))) kept.push([ms, entry]);
          }
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
      research.on("log", ({ message }) => {
        if (/Iteration 1: extracted/.test(message)) void post("/control/restart", { down_ms: 4000 });
      });
      Object.assign(window, { recording, done: false });
      void research.done.then(() => setTimeout(() => Object.assign(window, { done: true, isWhole }), 500));
    }, TITLE);
    await until("it is over", () => page.evaluate(() => Reflect.get(window, "done")));
    assert.ok(await page.evaluate(() => Reflect.get(window, "isWhole")()), "what is kept of its timeline is what it said each time");
    const recording = await page.evaluate(() => Reflect.get(window, "recording"));
    assert.ok(recording.told.some((/** @type {unknown[]} */ [, , event]) => event === "gap"), "lines were missed, and came late");
    const told = recording.told.map((/** @type {unknown} */ line) => `    ${JSON.stringify(line)}`).join(",\n");
    const { told: _, ...head } = recording;
    await writeFile(path.join(ROOT, "www/recorded.json"), `${JSON.stringify(head).slice(0, -1)},\n  "told": [\n${told}\n  ]}\n`);
  });
});

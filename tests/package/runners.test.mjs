// Test runners, whose documents are no browser's: importing works in each, and connect() works or says what to mock.

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../page/support/until.mjs";
import { install, tool } from "./support/places.mjs";
import { run } from "./support/run.mjs";
import { startServer } from "./support/server.mjs";

const cwd = await install("runners");

test("jest with babel, which makes CommonJS of the tests, and jsdom", async () => {
  await run(tool("jest"), ["--config=jest.babel.json"], { cwd });
});

test("jest with modules, and jsdom", async () => {
  await run(process.execPath, ["--experimental-vm-modules", tool("jest"), "--config=jest.modules.json"], { cwd });
});

test("vitest with jsdom and happy-dom, where connect() follows a research", async (t) => {
  const server = await startServer(t);
  await server.begin();
  const tests = run(tool("vitest"), ["run"], { cwd, env: { RESEARCH_SERVER: server.url } });
  // Which of the two comes first does not matter: the other one finds the research at its end.
  const subscribed = until("one of them follows", () => server.subscribers(), { within: 60_000, seen: () => server.stats() });
  // Who fails before has more to say.
  await Promise.race([tests, subscribed]);
  await server.finish();
  await tests;
  assert.equal(await server.subscribers(), 2);
});

// client.trace() of a real run: it has what happened and nothing secret, and is what `cargo test --test trace` runs again.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow } from "./support/follow.mjs";
import { ROOT } from "./support/places.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

const ID = "research-1";
const SECRET = {
  auth: { token: "canary-auth" },
  query: { token: "canary-query" },
  headers: { "X-Token": "canary-header" },
};

test("the trace of a run has its story and none of its words", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await withPage(`${server.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
    await server.control("research", { id: ID });
    // The trace tells the seed: were it of this generator, it would tell what the page draws next.
    await page.evaluate(() => {
      const { random } = Math;
      window.drawn = 0;
      Math.random = () => {
        window.drawn += 1;
        return random();
      };
    });
    const followed = await follow(page, { id: ID, options: { ...SECRET, flushLogs: false, fallback: { interval: 200 } } });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await server.control("lines", { id: ID, count: 20, prefix: "canary line" });
    await followed.untilLines(20);
    await page.evaluate(() => window.run.client.emitWithAck("echo", { "canary key": "canary value" }));
    await page.context().setOffline(true);
    await followed.until("it is lost", ({ connection }) => connection.some(({ event }) => event === "disconnect"));
    await page.context().setOffline(false);
    await followed.until("it is back", ({ connection }) => connection.at(-2)?.event === "reconnect");
    await server.control("updates", { id: ID, count: 3, prefix: "canary step" });
    await server.control("final", { id: ID });
    await followed.until("the end", ({ done }) => done.length > 0);

    const trace = await page.evaluate(() => window.run.client.trace());
    assert.equal(await page.evaluate(() => window.drawn), 0);
    assert.equal(trace, await page.evaluate(() => window.run.client.trace()));
    assert.doesNotMatch(trace, /canary/i);
    assert.doesNotMatch(trace, /127\.0\.0\.1/);
    assert.ok(!trace.includes(ID));
    for (const sid of (await server.stats()).sessions.map(({ sid }) => sid)) assert.ok(!trace.includes(sid), sid);
    const [header, ...lines] = trace.split("\n").map((line) => JSON.parse(line));
    assert.equal(header.trace, 1);
    assert.equal(header.flushLogs, false);
    const inputs = lines.filter(([first]) => first !== ">").map(([, kind]) => kind);
    for (const kind of ["connect", "subscribe", "credentials", "answer", "emit", "failed", "online"]) {
      assert.ok(inputs.includes(kind), `${kind} in ${inputs}`);
    }
    const outputs = lines.filter(([first]) => first === ">").flat().join();
    for (const kind of ["log*20", "state connected", "disconnect", "reconnect", "end"]) assert.ok(outputs.includes(kind), kind);
    if (process.env.KEEP_TRACE) await writeFile(path.join(ROOT, "tests/traces/follow.trace"), trace);
    t.diagnostic(`${trace.length} characters, ${inputs.length} inputs`);
  });
});

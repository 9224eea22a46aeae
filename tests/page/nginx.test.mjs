// Several workers behind nginx, configured as the guide says: every session stays with its worker.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/browser.mjs";
import { follow, numbered } from "./support/follow.mjs";
import { configurations, startNginx } from "./support/nginx.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

const ID = "research-1";
/** By chance alone all of them would have one worker once in a million million runs. */
const BROWSERS = 40;

const [byCookie, byAddress] = await configurations("several-workers.md");

/** @param {import("node:test").TestContext} t @param {string} configuration */
async function startWorkers(t, configuration) {
  const workers = [await startServer(t, "flask", { page: true }), await startServer(t, "flask", { page: true })];
  const url = await startNginx(t, configuration, workers.map(({ port }) => port));
  return { workers, url };
}

for (const [how, configuration] of /** @type {const} */ ([["a cookie", byCookie], ["the address", byAddress]])) {
  test(`a research is followed to its end through nginx that is sticky by ${how}`, LIMIT, async (t) => {
    const { workers, url } = await startWorkers(t, configuration);
    // In place of the message queue: both workers have the research, and emit the same.
    const both = (/** @type {string} */ name, /** @type {object} */ body) => Promise.all(workers.map((worker) => worker.control(name, body)));
    await both("research", { id: ID });
    await withPage(`${url}/progress/${ID}`, {}, async (page, { requests }) => {
      const followed = await follow(page, { id: ID });
      await followed.until("it is connected", ({ connection }) => connection.some(({ event }) => event === "connect"));
      await both("lines", { id: ID, count: 50 });
      await both("final", { id: ID });
      const heard = await followed.until("the end", ({ ends }) => ends.length > 0);
      assert.deepEqual(heard.lines, numbered("line", 1, 50));
      assert.equal(requests.handshakes().length, 1, `${requests}`);
    });
    const sessions = await Promise.all(workers.map(async (worker) => (await worker.stats()).subscriptions.length));
    assert.deepEqual(sessions.sort(), [0, 1], "workers that the page has subscribed at");
  });
}

test("by a cookie browsers of one address are spread over all workers, and none loses its session", LIMIT, async (t) => {
  const { workers, url } = await startWorkers(t, byCookie);
  const polling = `${url}/socket.io/?EIO=4&transport=polling`;
  for (let browser = 0; browser < BROWSERS; browser += 1) {
    const opened = await fetch(polling);
    const { sid } = JSON.parse((await opened.text()).slice(1));
    const cookie = opened.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
    const sent = await fetch(`${polling}&sid=${sid}`, { method: "POST", body: "40", headers: { cookie } });
    assert.equal(sent.status, 200, `browser ${browser}: ${await sent.text()}`);
  }
  const sessions = await Promise.all(workers.map(async (worker) => (await worker.stats()).sessions.length));
  assert.equal(sessions[0] + sessions[1], BROWSERS);
  assert.ok(sessions.every((count) => count > 0), `sessions of each worker: ${sessions}`);
});

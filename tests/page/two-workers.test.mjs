// Several workers without sticky sessions: no client can work there by long-polling, but it can say so, and stop; over a WebSocket one can.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startRoundRobin } from "../servers/round_robin.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { follow, numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

const ID = "research-1";
const ATTEMPTS = 5;
/** Short delays: how long they are is tested elsewhere. */
const OPTIONS = { reconnectionAttempts: ATTEMPTS, reconnectionDelay: 50, reconnectionDelayMax: 200 };

for (const deal of /** @type {const} */ (["never-its-own", "in-turn"])) {
  test(`behind workers dealt ${deal} the attempts are bounded and the error names sticky sessions`, LIMIT, async (t) => {
    const workers = [await startServer(t, "flask", { page: true }), await startServer(t, "flask", { page: true })];
    const balancer = await startRoundRobin({ workers: workers.map(({ url }) => url), deal });
    t.after(() => balancer.close());
    await workers[0].control("research", { id: ID, progress: 40 });

    await withPage(`${balancer.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page, { requests }) => {
      const followed = await follow(page, { id: ID, options: OPTIONS });
      const heard = await followed.until("it gives up", ({ connection }) => connection.some(({ event }) => event === "reconnect_failed"));

      // The first session, one at once after its 400 (the server may only have restarted), and the attempts.
      const handshakes = requests.handshakes().length;
      t.diagnostic(`handshakes: ${handshakes}, refused requests: ${balancer.seen.filter(({ status }) => status === 400).length}`);
      assert.ok(handshakes <= 2 + ATTEMPTS, `${handshakes} handshakes`);
      const errors = heard.connection.filter(({ event }) => event === "connect_error" || event === "reconnect_failed");
      assert.ok(errors.length > 0);
      assert.ok(errors.every(({ detail }) => detail?.isError && detail.name === "ResearchSocketError" && detail.code));
      assert.match(errors.at(-1)?.detail.message, /sticky sessions/i);

      // The page is not lost: it goes on by status polling.
      await requests.until("status polling", () => requests.statusPolls().filter(({ status }) => status === 200), 2);
    });
  });
}

test("over a WebSocket a page follows a research behind workers dealt in turn", LIMIT, async (t) => {
  const workers = [await startServer(t, "flask", { page: true }), await startServer(t, "flask", { page: true })];
  const balancer = await startRoundRobin({ workers: workers.map(({ url }) => url) });
  t.after(() => balancer.close());
  await withPage(`${balancer.url}/progress/${ID}`, { expected: [FAILED_REQUEST] }, async (page) => {
    const followed = await follow(page, { id: ID, options: { transports: ["websocket"] } });
    await workers[0].until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await workers[0].control("lines", { id: ID, count: 50 });
    await workers[0].control("final", { id: ID });
    const heard = await followed.until("the end", ({ done }) => done.length > 0);
    assert.deepEqual(heard.lines, numbered("line", 1, 50));
    assert.deepEqual(balancer.seen.filter(({ url }) => url.startsWith("/socket.io/")).map(({ status }) => status), [101]);
  });
});

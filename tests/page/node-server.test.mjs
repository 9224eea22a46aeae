// The npm `socket.io` server, whose habits differ from the Python ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OVERTAKEN_POLL, withPage } from "./support/browser.mjs";
import { follow, numbered } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

for (const transports of ["polling", "polling,websocket"]) {
  test(`a page follows a research on the npm server with ${transports} to its end`, LIMIT, async (t) => {
    const server = await startServer(t, "node", { page: true, transports });
    await withPage(`${server.url}/progress/r1`, {}, async (page, { requests }) => {
      await server.control("updates", { id: "r1", count: 1, prefix: "before" });
      const followed = await follow(page, { id: "r1" });
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
      await server.control("updates", { id: "r1", count: 50 });
      await server.control("lines", { id: "r1", count: 500 });
      await server.control("final", { id: "r1" });

      const heard = await followed.until("the end", ({ done }) => done.length > 0);
      assert.deepEqual(heard.lines, numbered("line", 1, 500));
      assert.deepEqual(heard.updates.filter((message) => message.startsWith("step")), numbered("step", 1, 50));
      assert.deepEqual(heard.ends.map(({ status }) => status), ["completed"]);
      assert.equal(requests.handshakes().length, 1);
    });
  });
}

test("the npm server's heartbeat is kept for longer than one of its deadlines", LIMIT, async (t) => {
  // A machine that is busy may be late for a pong by seconds.
  const [pingInterval, pingTimeout, pongs] = [0.3, 5, 20];
  const server = await startServer(t, "node", { page: true, pingInterval, pingTimeout });
  await withPage(`${server.url}/progress/r1`, {}, async (page, { requests }) => {
    await server.control("updates", { id: "r1", count: 1 });
    const followed = await follow(page, { id: "r1" });
    const sent = () => requests.all.filter(({ method, body }) => method === "POST" && body === "3");
    await requests.until(`${pongs} pongs`, sent, pongs);
    assert.ok(pongs * pingInterval > pingInterval + pingTimeout);
    assert.deepEqual(await followed.events("disconnect"), []);
    assert.equal((await server.stats()).sessions.length, 1);
  });
});

test("closing the client says goodbye, and the npm server knows at once", LIMIT, async (t) => {
  const server = await startServer(t, "node", { page: true });
  await withPage(`${server.url}/progress/r1`, { expected: [OVERTAKEN_POLL] }, async (page) => {
    await server.control("updates", { id: "r1", count: 1 });
    await follow(page, { id: "r1" });
    await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1);
    await page.evaluate(() => window.run.client.close());
    const { sessions } = await server.untilGoodbye();
    // The DISCONNECT and the close come in one request, and this server looks at the close first.
    assert.match(sessions[0].reason, /^(client namespace disconnect|transport close)$/);
  });
});

// What a page sends: nothing is lost in a burst, answers come back, bytes stay bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/browser.mjs";
import { connectOnly } from "./support/follow.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT } from "./support/until.mjs";

const PATHS = { flask: "/socket.io", asgi: "/ws/socket.io", node: "/socket.io" };

for (const kind of /** @type {const} */ (["flask", "asgi", "node"])) {
  const onPage = async (t, use) => {
    const server = await startServer(t, kind, { page: true });
    await withPage(`${server.url}/`, {}, async (page, tools) => {
      await connectOnly(page, { path: PATHS[kind] });
      await page.waitForFunction(() => window.run.client.connected);
      await use(page, server, tools);
    });
  };

  test(`40 emits at once all arrive at the ${kind} server, at most 16 packets in a request`, LIMIT, (t) =>
    onPage(t, async (page, server, { requests }) => {
      await page.evaluate(() => {
        for (let n = 0; n < 40; n += 1) window.run.client.emit("count", { n });
      });
      await server.until("all of them arrive", ({ events }) => events.count >= 40);
      const sizes = requests.all.filter(({ method, body }) => method === "POST" && body.includes('"count"')).map(({ body }) => body.split("\x1e").length);
      t.diagnostic(`packets in each request: ${sizes.join(", ")}`);
      assert.ok(sizes.every((size) => size <= 16));
      // Not one of them came twice either.
      await page.evaluate(() => window.run.client.emitWithAck("echo", "behind them"));
      assert.equal((await server.stats()).events.count, 40);
    }));

  test(`an emit with acknowledgement comes back from the ${kind} server with what was sent`, LIMIT, (t) =>
    onPage(t, async (page) => {
      const sent = { text: "äöü \u2028 \u{1F680} \x1e \"quoted\"", numbers: [0, -1.5, 9007199254740991], nested: { nothing: null, yes: true } };
      assert.deepEqual(await page.evaluate((value) => window.run.client.emitWithAck("echo", value), sent), sent);
      const many = await page.evaluate(() => Promise.all(Array.from({ length: 30 }, (_, n) => window.run.client.emitWithAck("echo", n))));
      assert.deepEqual(many, Array.from({ length: 30 }, (_, n) => n));
    }));

  test(`an acknowledgement that never comes from the ${kind} server is a typed time-out`, LIMIT, (t) =>
    onPage(t, async (page) => {
      const error = await page.evaluate(() =>
        window.run.client.timeout(300).emitWithAck("unanswered").then(
          () => "answered",
          (error) => ({ isError: error instanceof Error, name: error.name, code: error.code, message: error.message }),
        ),
      );
      assert.deepEqual([error.isError, error.name, error.code], [true, "ResearchSocketError", "TIMEOUT"]);
      assert.ok(error.message.length > 0);
    }));

  test(`the ${kind} server gets an acknowledgement that it asks for`, LIMIT, (t) =>
    onPage(t, async (page, server) => {
      await page.evaluate(() => {
        window.run.client.on("question", (value, answer) => answer(value + 1));
      });
      await server.control("ask", { event: "question", args: [41] });
      const { answers } = await server.until("the answer arrives", (stats) => stats.answers.length > 0);
      assert.deepEqual(answers, [[42]]);
    }));

  test(`binary goes to the ${kind} server and comes back`, LIMIT, (t) =>
    onPage(t, async (page) => {
      const { acknowledged, bounced, size } = await page.evaluate(async () => {
        const { client } = window.run;
        const bytes = (value) => [...new Uint8Array(value.buffer ?? value, value.byteOffset ?? 0, value.byteLength)];
        const all = Uint8Array.from({ length: 256 }, (_, n) => n);
        const acknowledged = bytes(await client.emitWithAck("echo", all));
        const back = new Promise((resolve) => client.once("bounced", (...args) => resolve(args)));
        client.emit("bounce", { deep: [new Uint8Array([7, 0, 255]).buffer] }, "text", new Uint8Array(0));
        const [first, text, empty] = await back;
        const large = new Uint8Array(200_000).fill(65);
        const { byteLength } = await client.emitWithAck("echo", large);
        return { acknowledged, bounced: [bytes(first.deep[0]), text, bytes(empty)], size: byteLength };
      });
      assert.deepEqual(acknowledged, Array.from({ length: 256 }, (_, n) => n));
      assert.deepEqual(bounced, [[7, 0, 255], "text", []]);
      assert.equal(size, 200_000);
    }));
}

test("an emit over the server's limit is refused with a typed error and the connection stays", LIMIT, async (t) => {
  const server = await startServer(t, "flask", { page: true });
  await withPage(`${server.url}/`, {}, async (page) => {
    const connection = await connectOnly(page);
    await page.waitForFunction(() => window.run.client.connected);
    const code = await page.evaluate(async () => {
      const tooLarge = "x".repeat(1_000_001);
      return window.run.client.emitWithAck("echo", tooLarge).then(() => "sent", (error) => error.code);
    });
    assert.equal(code, "PAYLOAD_TOO_LARGE");
    assert.equal(await page.evaluate(() => window.run.client.emitWithAck("echo", "after")), "after");
    assert.equal((await server.stats()).sessions.length, 1);
    assert.deepEqual(await connection.events("disconnect"), []);
  });
});

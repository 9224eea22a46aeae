// Pages that are not usual: frames without an address of their own, and old libraries that add to arrays, strings and objects.

import assert from "node:assert/strict";
import { test } from "node:test";
import { withPage } from "./support/browser.mjs";
import { startServer } from "./support/servers.mjs";
import { LIMIT, until } from "./support/until.mjs";
import { startBrowser } from "./support/webdriver.mjs";

/** @typedef {{ evaluate: <T>(run: () => T) => Promise<T>, goto: (url: string) => Promise<unknown> }} Browser */

/** A page in each browser. @param {string} name @param {(page: Browser) => Promise<void>} run */
function inEach(name, run) {
  test(`${name} (chromium)`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { page: true });
    await withPage(`${server.url}/progress/7`, {}, (page) => run(page));
  });
  test(`${name} (firefox)`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { page: true });
    const page = await startBrowser(t, "firefox");
    await page.goto(`${server.url}/progress/7`);
    await run(page);
  });
}

/** Waits for what the page has put into `window.outcome`. @param {Browser} page */
async function outcome(page) {
  /** @type {any} */
  let seen;
  await until("the page has an outcome", async () => (seen = await page.evaluate(() => /** @type {any} */ (window).outcome)));
  return seen;
}

inEach("frames without an address of their own connect to the page's server", async (page) => {
  await page.evaluate(() => {
    // The base of such a frame is the page's.
    document.head.insertAdjacentHTML("beforeend", '<base href="https://cdn.example.invalid/app/">');
    const entry = `${location.origin}/pkg/index.js`;
    /** @param {(frame: HTMLIFrameElement) => void} fill */
    const inside = async (fill) => {
      const frame = document.createElement("iframe");
      fill(frame);
      document.body.append(frame);
      const there = /** @type {any} */ (frame.contentWindow);
      if (frame.srcdoc) await new Promise((resolve) => (frame.onload = resolve));
      // Which runs as the frame's own.
      const { connect } = await there.eval(`import(${JSON.stringify(entry)})`);
      const client = await connect({ fallback: false });
      if (!client.connected) await new Promise((resolve) => client.once("connect", resolve));
      const { name } = client.state;
      client.close();
      return `${there.location.href} ${name}`;
    };
    const all = [inside((frame) => (frame.srcdoc = "<!doctype html><p>inside")), inside(() => {})];
    Promise.all(all).then((outcome) => Object.assign(window, { outcome }), (error) => Object.assign(window, { outcome: String(error) }));
  });
  assert.deepEqual(await outcome(page), ["about:srcdoc connected", "about:blank connected"]);
});

inEach("what old libraries add to arrays, strings and objects changes nothing of what is sent and heard", async (page) => {
  await page.evaluate(() => {
    // As Prototype.js 1.6 and MooTools have it: enumerable.
    Object.assign(Array.prototype, {
      toJSON() {
        return `[${this.map((/** @type {unknown} */ each) => JSON.stringify(each)).join(", ")}]`;
      },
      each() {},
    });
    Object.assign(String.prototype, {
      toJSON() {
        return `"${this}"`;
      },
    });
    Object.assign(Object.prototype, { clone() {} });
    const run = async () => {
      const { connect } = await import(/** @type {any} */ ("/pkg/index.js"));
      const client = await connect({ auth: { roles: ["a"] } });
      const answer = await client.timeout(10_000).emitWithAck("echo", ["a", [1, ["b"]], { c: ["d"] }]);
      client.close();
      // By hand, and nothing is left that the test's own tools would meet.
      const seen = [answer[0], answer[1]?.[0], answer[1]?.[1]?.[0], answer[2]?.c?.[0]].join(" ");
      for (const [prototype, names] of /** @type {[any, string[]][]} */ ([[Array.prototype, ["toJSON", "each"]], [String.prototype, ["toJSON"]], [Object.prototype, ["clone"]]])) {
        for (const name of names) delete prototype[name];
      }
      return seen;
    };
    run().then((outcome) => Object.assign(window, { outcome }), (error) => Object.assign(window, { outcome: String(error) }));
  });
  assert.equal(await outcome(page), "a 1 b d");
});

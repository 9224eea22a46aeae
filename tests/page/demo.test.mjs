// The demo page's doctor, as somebody without a mouse uses it.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { startServer } from "../package/support/server.mjs";
import { FAILED_REQUEST, withPage } from "./support/browser.mjs";
import { packageFolder, ROOT } from "./support/places.mjs";
import { until } from "./support/until.mjs";

/** How often Tab leads to the button at most. */
const TABS = 40;

test("the demo's doctor is reached and asked by keyboard, keeps the focus, and says what it found", { timeout: 60_000 }, async (t) => {
  const server = await startServer(t, { www: path.join(ROOT, "www"), pkg: packageFolder() });
  await withPage(server.url, { expected: [FAILED_REQUEST] }, async (page) => {
    await page.waitForFunction(() => /** @type {HTMLButtonElement} */ (document.getElementById("go")).disabled === false);
    const focused = () => page.evaluate(() => document.activeElement?.id);
    const said = () => page.evaluate(() => document.getElementById("diagnosis")?.textContent ?? "");
    for (let tabs = 0; tabs < TABS && (await focused()) !== "doctor"; tabs += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until("it found nothing", async () => /^Nothing is wrong\..*things are in order\.$/.test(await said()), { seen: said });
    assert.equal(await focused(), "doctor");
    assert.equal(await page.getAttribute("#diagnosis", "role"), "status", "screen readers hear of it");

    await page.evaluate(() => fetch("/control/config", { method: "POST", body: '{"quirks": {"two_workers": true}}' }));
    await page.keyboard.press("Space");
    await until("it found the workers", async () => /^One finding:STICKY_SESSION.*ip_hash/.test(await said()), { seen: said });
    assert.equal(await focused(), "doctor");
  });
});

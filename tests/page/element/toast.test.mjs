// The end in a corner of the page, for who has asked for `notify` and cannot have a notification: who gets it, and until when.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { startPages, withElement } from "./open.mjs";

/** It is there for so long where somebody can see it. */
const SEEN_MS = 10_000;

/** Waits in a browser that has no notifications until the element could tell of an end. Runs in the page. */
const prepare = () => {
  Reflect.deleteProperty(window, "Notification");
  window.element.setAttribute("notify", "");
};
/** @param {import("playwright-core").Page} page */
const isReady = async (page) => {
  await page.waitForFunction(() => part("toasts"));
  // What is known of the research was shown to it.
  await page.evaluate(() => research.tell({ progress: 43 }));
  await page.waitForFunction(() => part("percent").textContent === "43%");
};
const end = (/** @type {import("playwright-core").Page} */ page, status = "completed", /** @type {string | null} */ message = "The report is written") => page.evaluate(([status, message]) => {
  research.tell({ status }, "end", { status, message, progress: 100, source: "live" });
}, /** @type {const} */ ([status, message]));
const words = (/** @type {import("playwright-core").Page} */ page) => page.evaluate(() => part("toast") && [...part("toast-text").children].map(({ textContent }) => textContent));

test("in a browser without notifications the end is said once, in a corner, and takes the focus from nobody", LIMIT, async (t) => {
  await withElement(t, { body: "<button id='elsewhere'>Elsewhere</button>" }, async (page) => {
    await page.evaluate(prepare);
    await isReady(page);
    await page.evaluate(() => {
      document.querySelector("#elsewhere").focus();
      window.said = [];
      new MutationObserver(() => window.said.push(part("spoken").textContent)).observe(part("spoken"), { childList: true });
    });
    assert.equal(await words(page), null);
    assert.equal(await page.evaluate(() => part("toasts").getAttribute("role")), "status");
    await end(page);
    await page.waitForFunction(() => part("toast")?.matches(":popover-open"));
    assert.deepEqual(await words(page), ["Completed", "The report is written"]);
    assert.equal(await page.evaluate(() => document.activeElement.id), "elsewhere");
    await page.evaluate(() => part("toast").getAnimations().forEach((animation) => animation.finish()));
    const box = await page.locator(".toast").boundingBox();
    const size = page.viewportSize();
    assert.ok(Math.abs(box.x + box.width - size.width + 16) < 1 && Math.abs(box.y + box.height - size.height + 16) < 1, JSON.stringify([box, size]));
    // Another thing is announced after it would have been.
    await page.evaluate(() => client.become({ name: "offline" }));
    await page.waitForFunction(() => window.said.join().includes("Offline"));
    assert.ok(!(await page.evaluate(() => window.said.join())).includes("Completed"), "who listens hears it from the toast alone");
    await end(page);
    await page.getByRole("button", { name: "Close" }).click();
    assert.equal(await words(page), null);
  });
});

test("where notifications are blocked, or a browser lets no page show one, it is said so too, in German as well", LIMIT, async (t) => {
  for (const answer of ["denied", "throws"]) {
    await withElement(t, {}, async (page) => {
      await page.evaluate((answer) => {
        window.Notification = /** @type {any} */ (class extends EventTarget {
          static permission = answer === "denied" ? answer : "default";
          static requestPermission = async () => (window.Notification.permission = "granted");
          constructor() {
            super();
            throw new TypeError("Illegal constructor. Use ServiceWorkerRegistration.showNotification() instead.");
          }
        });
        element.lang = "de";
        element.setAttribute("notify", "");
      }, answer);
      await isReadyInGerman(page);
      if (answer === "throws") {
        await page.getByRole("button", { name: "Am Ende benachrichtigen" }).click();
        await page.waitForFunction(() => part("notify").getAttribute("aria-pressed") === "true");
      }
      await end(page, "failed", null);
      await page.waitForFunction(() => part("toast"));
      assert.deepEqual(await words(page), ["Fehlgeschlagen", "research-1"], answer);
      await page.getByRole("button", { name: "Schließen" }).click();
      assert.equal(await words(page), null);
    });
  }
});

/** @param {import("playwright-core").Page} page */
const isReadyInGerman = async (page) => {
  await page.waitForFunction(() => part("toasts"));
  await page.evaluate(() => research.tell({ progress: 43 }));
  await page.waitForFunction(() => part("percent").textContent === "43 %");
};

test("nothing is said where nobody asked, where a notification can be had, and of what was over before", LIMIT, async (t) => {
  const ended = async (/** @type {import("playwright-core").Page} */ page, /** @type {string} */ why) => {
    await end(page);
    await page.waitForFunction(() => part("end").checkVisibility());
    assert.equal(await words(page), null, why);
  };
  await withElement(t, { mount: { attributes: { "page-title": "" } } }, async (page) => {
    await page.evaluate(() => Reflect.deleteProperty(window, "Notification"));
    await isReady(page);
    await ended(page, "not asked for");
  });
  await withElement(t, {}, async (page) => {
    await page.evaluate(() => {
      window.Notification = /** @type {any} */ (class { static permission = "default"; });
      element.setAttribute("notify", "");
    });
    await isReady(page);
    await ended(page, "it is for the person to ask for one");
  });
  await withElement(t, { mount: { state: { status: "completed" } } }, async (page) => {
    await page.evaluate(() => research.emit("end", { status: "completed", message: "Long ago", progress: 100, source: "history" }));
    await page.evaluate(prepare);
    await page.waitForFunction(() => part("toasts"));
    await page.evaluate(() => support.frames());
    assert.equal(await words(page), null, "over before");
  });
});

test("it goes when somebody has seen it: not while the page is hidden, and not while somebody is at it", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await page.evaluate(prepare);
    await isReady(page);
    await page.evaluate(() => {
      window.visibility = "hidden";
      Object.defineProperty(document, "visibilityState", { get: () => window.visibility });
    });
    await page.clock.install();
    await end(page);
    await page.clock.runFor(1000);
    assert.deepEqual(await words(page), ["Completed", "The report is written"]);
    const run = (/** @type {number} */ ms) => page.clock.runFor(ms);
    const isThere = () => page.mainFrame().evaluate(() => part("toast") !== null);
    const become = (/** @type {string} */ visibility) => page.mainFrame().evaluate((visibility) => {
      window.visibility = visibility;
      document.dispatchEvent(new Event("visibilitychange"));
    }, visibility);
    await run(100 * SEEN_MS);
    assert.equal(await isThere(), true, "hidden");
    await become("visible");
    await run(SEEN_MS - 1000);
    await become("hidden");
    await run(SEEN_MS);
    await become("visible");
    await run(SEEN_MS - 1000);
    assert.equal(await isThere(), true, "it begins anew");
    await page.locator(".toast-text").hover();
    await run(10 * SEEN_MS);
    assert.equal(await isThere(), true, "pointed at");
    await page.mouse.move(5, 5);
    await run(SEEN_MS - 1000);
    await page.mainFrame().evaluate(() => part("toast-close").focus());
    await run(10 * SEEN_MS);
    assert.equal(await isThere(), true, "within");
    await page.mainFrame().evaluate(() => part("toast-close").blur());
    await run(SEEN_MS - 1000);
    assert.equal(await isThere(), true);
    await run(1000);
    assert.equal(await isThere(), false);
  });
});

test("by keyboard one gets to it, closes it, and goes on with what comes next; motion is for who wants it", LIMIT, async (t) => {
  for (const motion of /** @type {const} */ (["reduce", "no-preference"])) {
    await withElement(t, {}, async (page) => {
      await page.emulateMedia({ reducedMotion: motion });
      await page.evaluate(prepare);
      await isReady(page);
      await end(page);
      await page.waitForFunction(() => part("toast"));
      assert.equal(await page.evaluate(() => getComputedStyle(part("toast")).animationName), motion === "reduce" ? "none" : "toast");
      const at = () => page.evaluate(() => element.shadowRoot.activeElement?.className);
      for (let n = 0; n < 5 && !(await at())?.includes("toast-close"); n++) await page.keyboard.press("Tab");
      assert.match(await at(), /toast-close/);
      await page.keyboard.press(motion === "reduce" ? "Enter" : "Escape");
      await page.waitForFunction(() => !part("toast"));
      assert.equal(await at(), "button result");
    });
  }
});

test("of several that end each is seen, one after the other; another research, and who takes the attribute away, end it", LIMIT, async (t) => {
  await withElement(t, {}, async (page) => {
    await page.evaluate(prepare);
    await isReady(page);
    await page.evaluate(async () => {
      window.one = { element, research };
      support.mount({ attributes: { notify: "" } });
      await support.until(() => part("toasts"));
      research.tell({ progress: 44 });
      await support.until(() => part("percent").textContent === "44%");
      await support.frames();
    });
    await end(page, "completed", "The second one");
    await page.evaluate(() => window.one.research.tell({ status: "completed" }, "end", { status: "completed", message: "The first one", progress: 100, source: "live" }));
    const shown = () => page.evaluate(() => [...document.querySelectorAll("research-progress")].flatMap(({ shadowRoot }) => [...shadowRoot.querySelectorAll(".toast-text")].map(({ textContent }) => textContent)));
    assert.deepEqual(await shown(), ["CompletedThe second one"]);
    await page.getByRole("button", { name: "Close" }).click();
    assert.deepEqual(await shown(), ["CompletedThe first one"]);
    await page.evaluate(() => window.one.element.removeAttribute("notify"));
    assert.deepEqual(await shown(), []);
  });
  await withElement(t, {}, async (page) => {
    await page.evaluate(prepare);
    await isReady(page);
    await end(page);
    await page.waitForFunction(() => part("toast"));
    await page.evaluate(() => (element.research = new support.FakeResearch({ status: "in_progress", progress: 1 }, "research-2")));
    await page.waitForFunction(() => !part("toast") && part("percent").textContent === "1%");
  });
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`without notifications the end stands in a corner until somebody closes it (${name})`, LIMIT, async (t) => {
    const { url } = await startPages(t, { policy: "script-src 'self' 'unsafe-eval'; style-src 'self'", body: '<script type="module" src="/support/mounted.js"></script>' });
    const browser = await startBrowser(t, name);
    await browser.goto(url);
    await until("the element is there", () => browser.evaluate(() => Boolean(window.research)));
    await browser.evaluate(prepare);
    await until("it can tell", () => browser.evaluate(() => Boolean(window.part("toasts"))));
    await browser.evaluate(() => window.research.tell({ progress: 43 }));
    await until("it was shown", () => browser.evaluate(() => window.part("percent").textContent === "43%"));
    await browser.evaluate(() => window.research.tell({ status: "completed" }, "end", { status: "completed", message: "The report is written", progress: 100, source: "live" }));
    await until("the toast", () => browser.evaluate(() => window.part("toast-text")?.textContent === "CompletedThe report is written"));
    const off = await browser.evaluate(() => {
      window.part("toast").getAnimations().forEach((animation) => animation.finish());
      const box = window.part("toast").getBoundingClientRect();
      return [document.documentElement.clientWidth - box.right, innerHeight - box.bottom];
    });
    assert.ok(off.every((px) => px > 0 && px < 40), String(off));
    await browser.evaluate(() => window.part("toast-close").click());
    assert.equal(await browser.evaluate(() => window.part("toast")), null);
  });
}

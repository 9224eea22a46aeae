// The elements in React and Vue, on a server that renders the page, and in a page without JavaScript.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement as make } from "react";
import { renderToString } from "react-dom/server";
import { createSSRApp, h } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";
import { loadApp } from "../support/apps.mjs";
import { withPage } from "../support/browser.mjs";
import { startPages, withList } from "./open.mjs";
import { LIMIT } from "../support/until.mjs";

for (const framework of /** @type {const} */ (["react", "vue"])) {
  test(`${framework}: properties, attributes, slots and events reach a list as they are written`, LIMIT, async (t) => {
    await withList(t, { policy: "default-src 'self' 'unsafe-inline' 'unsafe-eval'" }, async (page) => {
      await loadApp(page, "elements.jsx");
      await page.evaluate((framework) => {
        const { client } = window;
        element.remove();
        window.heard = [];
        window.leave = window.apps[framework](document.querySelector("main"), { researches: ["a", { id: "b", title: "Wind" }], client, heard: (id) => window.heard.push(id) });
      }, framework);
      await page.waitForFunction(() => document.querySelector("research-list")?.shadowRoot.querySelectorAll("a.title[href]").length === 2);
      const links = await page.evaluate(() => [...document.querySelector("research-list").shadowRoot.querySelectorAll("a.title")].map((link) => [link.textContent, link.getAttribute("href")]));
      assert.deepEqual(links, [["a", "/r/a"], ["Wind", "/r/b"]]);
      assert.equal(await page.getByRole("heading", { level: 2 }).isVisible(), true);
      await page.evaluate(() => research("b").tell({ status: "completed" }, "end", { status: "completed", message: null, progress: 100, source: "live" }));
      assert.deepEqual(await page.evaluate(() => window.heard), ["b"]);
      await page.evaluate(() => window.leave());
      await page.waitForFunction(() => client.listeners === 0);
    });
  });
}

const LINK = { href: "/results/7" };
const MARKUP = '<research-progress research-id="7" page-title><a href="/results/7">Research 7</a></research-progress>';

test("a server that renders the page writes the element with what is inside of it, and nothing of properties and events", async () => {
  const given = { "research-id": 7, options: { path: "/x" }, client: null };
  const react = renderToString(make("research-progress", { ...given, "page-title": true, "onresearch-end": () => {} }, make("a", LINK, "Research 7")));
  assert.equal(react.replace('=""', ""), MARKUP);
  const app = createSSRApp({ render: () => h("research-progress", { "research-id": 7, "page-title": "", onResearchEnd: () => {} }, [h("a", LINK, "Research 7")]) });
  assert.equal(await renderVue(app), MARKUP);
});

test("what is inside of an element is there until the element is, and after it nowhere", LIMIT, async (t) => {
  const { url } = await startPages(t, { body: MARKUP });
  await withPage(url, {}, async (page) => {
    const link = page.getByRole("link", { name: "Research 7" });
    assert.equal(await link.isVisible(), true);
    await page.evaluate(() => import("/pkg/element.js"));
    assert.equal(await link.isVisible(), false);
    await page.waitForFunction(() => document.querySelector("research-progress").shadowRoot.querySelector(".status").textContent === "Not known yet");
  });
});

// Properties that reflect in attributes and back, as custom-elements.json says they do: in each browser, before and after an element is defined.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { withPage } from "../support/browser.mjs";
import { LIMIT, until } from "../support/until.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { startPages, withElement } from "./open.mjs";

const manifest = JSON.parse(await readFile(new URL("../../../pkg-template/custom-elements.json", import.meta.url), "utf8"));

/** @typedef {{ name: string, attribute: string, values: (string | boolean)[] }} Field one that reflects, and what it can be */
/** @type {Record<string, Field[]>} */
const FIELDS = Object.fromEntries(manifest.modules.map((/** @type {any} */ { declarations: [{ tagName, members }] }) => [
  tagName,
  members.filter((/** @type {any} */ { reflects }) => reflects).map((/** @type {any} */ { name, attribute, type }) => ({
    name, attribute,
    values: type.text === "boolean" ? [true] : Array.from(type.text.matchAll(/"(\w+)"/g), ([, value]) => value),
  })),
]));

/** Sets each as property and as attribute, and returns what is wrong. Runs in the page. @param {Record<string, Field[]>} fields */
const WRONG = (fields) => {
  /** @type {string[]} */
  const wrong = [];
  for (const [tag, all] of Object.entries(fields)) {
    for (const { name, attribute, values } of all) {
      const is = (/** @type {string} */ when, /** @type {unknown} */ found, /** @type {unknown} */ wanted) => found === wanted || wrong.push(`${tag}.${name} ${when}: ${found}, not ${wanted}`);
      const element = document.createElement(tag);
      const before = element[name];
      is("at first", element.hasAttribute(attribute), false);
      for (const value of values) {
        element[name] = value;
        is("as attribute", element.getAttribute(attribute), value === true ? "" : value);
        is("as it was set", element[name], value);
        element[name] = value === true ? false : null;
        is("taken back", element.getAttribute(attribute), null);
        is("as before", element[name], before);
        element.setAttribute(attribute, value === true ? "" : value);
        is("by the attribute", element[name], value);
        element.removeAttribute(attribute);
        is("without it", element[name], before);
      }
      // As templates of frameworks set what is written without a value.
      if (values[0] === true) {
        element[name] = "";
        is("without a value", element[name], true);
      }
    }
  }
  return wrong;
};

test("the manifest says of each attribute that is a property too that they reflect", () => {
  assert.deepEqual(FIELDS["research-progress"].map(({ name }) => name).toSorted(), ["collapsed", "filter", "groups", "linePrefix", "notify", "order", "researchId", "timeline", "wrap"]);
  assert.deepEqual(FIELDS["research-list"].map(({ name }) => name), ["timeline"]);
  for (const { declarations: [{ attributes, members }] } of manifest.modules) {
    for (const { name, fieldName } of attributes) {
      const member = members.find((/** @type {any} */ member) => member.name === fieldName || member.attribute === name);
      if (member) assert.deepEqual([member.attribute, fieldName, member.reflects], [name, member.name, true], name);
    }
  }
});

test("each property reflects in its attribute, and the other way round (chromium)", LIMIT, async (t) => {
  const { url } = await startPages(t);
  await withPage(url, {}, async (page) => {
    await page.evaluate(() => Promise.all(["element", "list"].map((name) => import(`/pkg/${name}.js`))));
    assert.deepEqual(await page.evaluate(WRONG, FIELDS), []);
  });
});

for (const name of /** @type {const} */ (["firefox", "webkit"])) {
  test(`each property reflects in its attribute, and the other way round (${name})`, LIMIT, async (t) => {
    const { url } = await startPages(t, { policy: "script-src 'self' 'unsafe-eval'; style-src 'self'", body: '<script type="module" src="/pkg/element.js"></script><script type="module" src="/pkg/list.js"></script>' });
    const browser = await startBrowser(t, name);
    await browser.goto(url);
    await until("both are defined", () => browser.evaluate(() => Boolean(customElements.get("research-progress") && customElements.get("research-list"))));
    assert.deepEqual(await browser.evaluate(WRONG, [FIELDS]), []);
  });
}

test("what somebody chooses in the log stands in the attributes, and what leads past a filter takes it away", LIMIT, async (t) => {
  await withElement(t, { mount: { lines: 1200 } }, async (page) => {
    await page.waitForFunction(() => part("layer").textContent.includes("(step 1200)"));
    const attributes = () => page.evaluate(() => ["filter", "order", "wrap", "collapsed"].map((name) => element.getAttribute(name)));
    assert.deepEqual(await attributes(), [null, null, null, null]);
    await page.getByRole("button", { name: "Errors" }).click();
    await page.getByRole("button", { name: "Newest first" }).click();
    await page.getByRole("button", { name: "Wrap lines" }).click();
    assert.deepEqual(await attributes(), ["error", "newest", "", null]);
    await page.evaluate(() => element.goToLine(7));
    assert.deepEqual(await attributes(), ["all", "newest", "", null]);
    await page.getByRole("button", { name: "Newest first" }).click();
    await page.getByRole("button", { name: "Log", exact: true }).click();
    assert.deepEqual(await attributes(), ["all", "oldest", "", ""]);
    // What is no value of it.
    await page.evaluate(() => (element.setAttribute("filter", "errors"), element.setAttribute("order", "descending"), element.setAttribute("groups", "shut")));
    assert.deepEqual(await page.evaluate(() => [element.filter, element.order, element.groups]), ["all", "oldest", "open"]);
    await page.evaluate(() => Object.assign(element, { groups: true }));
    assert.equal(await page.evaluate(() => element.getAttribute("groups")), "");
    await page.evaluate(() => Object.assign(element, { groups: false }));
    assert.equal(await page.evaluate(() => element.hasAttribute("groups")), false);
  });
});

test("what a page sets before the element is defined is there afterwards", LIMIT, async (t) => {
  const { url } = await startPages(t, { body: '<research-progress id="early" filter="info"></research-progress><research-list></research-list>' });
  await withPage(url, {}, async (page) => {
    const found = await page.evaluate(async () => {
      const early = document.querySelector("research-progress");
      const list = document.querySelector("research-list");
      Object.assign(early, { filter: "error", order: "newest", timeline: true, groups: "closed", notify: true, wrap: true, collapsed: true, theirs: 7 });
      Object.assign(list, { timeline: true });
      await Promise.all(["element", "list"].map((name) => import(`/pkg/${name}.js`)));
      return [early.outerHTML, Object.keys(early), list.outerHTML];
    });
    assert.deepEqual(found, [
      '<research-progress id="early" filter="error" order="newest" timeline="" groups="closed" notify="" wrap="" collapsed=""></research-progress>',
      ["theirs"],
      '<research-list timeline=""></research-list>',
    ]);
  });
});

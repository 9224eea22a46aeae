// What the tests of one file have to themselves in the Firefox that they share.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startHttp } from "./servers.mjs";
import { startBrowser } from "./webdriver.mjs";
import { LIMIT } from "./until.mjs";

const leave = () => {
  document.cookie = "left=1; Max-Age=600";
  localStorage.setItem("left", "1");
};
const find = () => [document.cookie, localStorage.getItem("left")];

test("a test finds nothing in Firefox that another one left there, and all of its own windows do", LIMIT, async (t) => {
  const { url } = await startHttp(t, (_, response) => void response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>Page</title>"));
  await t.test("leaves a cookie and something in storage", async (t) => {
    const browser = await startBrowser(t, "firefox");
    await browser.goto(url);
    await browser.evaluate(leave);
    const window = await browser.openWindow();
    await window.goto(url);
    assert.deepEqual(await window.evaluate(find), ["left=1", "1"]);
  });
  await t.test("finds neither", async (t) => {
    const browser = await startBrowser(t, "firefox");
    await browser.goto(url);
    assert.deepEqual(await browser.evaluate(find), ["", null]);
  });
});

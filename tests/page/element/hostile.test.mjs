// Whatever a server writes is text: in every field, in every language, under a policy and without one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { STRICT, withElement, withList } from "./open.mjs";
import { LIMIT } from "../support/until.mjs";

const RUN = "window.pwned=1";
const TAGS = ["img src=x onerror", "svg onload", "body onload", "video src=x onerror", "audio src=x onerror", "iframe onload", "input autofocus onfocus", "details open ontoggle", "marquee onstart", "object data=x onerror", "embed src=x onload", "select autofocus onfocus", "textarea autofocus onfocus", "style onload", "link rel=stylesheet href=x onerror", "script src=x onerror", "a onclick", "form onsubmit", "button onclick", "x-y onclick"];
const WRAPS = [(/** @type {string} */ tag) => `<${tag}=${RUN}>`, (/** @type {string} */ tag) => `"><${tag}="${RUN}">`, (/** @type {string} */ tag) => `'></p><${tag}='${RUN}'/>`, (/** @type {string} */ tag) => `</style></script></textarea></title><${tag}=${RUN}>`, (/** @type {string} */ tag) => `&lt;${tag}=${RUN}&gt;`, (/** @type {string} */ tag) => `<${tag.toUpperCase()}\t=\n${RUN}>`, (/** @type {string} */ tag) => `<!--><${tag}=${RUN}>-->`, (/** @type {string} */ tag) => `<![CDATA[<${tag}=${RUN}>]]>`, (/** @type {string} */ tag) => `\u0000<\u0000${tag}=${RUN}>`];
const OTHERS = [
  `<script>${RUN}</script>`, `<SCRIPT>${RUN}</SCRIPT>`, `<scr<script>ipt>${RUN}</script>`, `javascript:${RUN}`, ` javascript:${RUN}`, `JaVaScRiPt:${RUN}`, `java\nscript:${RUN}`, `data:text/html,<script>${RUN}</script>`,
  `vbscript:${RUN}`, `{{constructor.constructor('${RUN}')()}}`, `\${${RUN}}`, `{n}{name}{message}{words}`, `#{${RUN}}`, `<%= ${RUN} %>`, `[x](javascript:${RUN})`, `<slot name=end>`, `<template shadowrootmode=open><script>${RUN}</script></template>`,
  `<math><mi//xlink:href="javascript:${RUN}">`, `<base href=//evil.example>`, `<meta http-equiv=refresh content="0;url=javascript:${RUN}">`, `</research-progress>`, `__proto__`, `constructor`, `<plaintext>`, `%3Cscript%3E`, `\u202Egnp.exe`, `\uD800`, `\x1b[31mred\x1b[0m`, `${"<b>".repeat(500)}`, `]]>`, `--!>`, "`", `\\`, `$&$1$\``,
];
export const CORPUS = [...TAGS.flatMap((tag) => WRAPS.map((wrap) => wrap(tag))), ...OTHERS];

for (const [name, policy] of Object.entries({ "a strict policy and Trusted Types": STRICT, "no policy": "" })) {
  test(`${CORPUS.length} texts that would be markup are text in every field, with ${name}`, LIMIT, async (t) => {
    assert.ok(CORPUS.length >= 200);
    await withElement(t, { policy, mount: { attributes: { "page-title": "", "sign-in-href": "/login" } } }, async (page) => {
      const wrong = await page.evaluate(async (corpus) => {
        const wrong = [];
        const shape = () => [...new Set([...element.shadowRoot.querySelectorAll("*")].map(({ localName }) => localName))].filter((name) => !["div", "p", "pre", "span", "a", "button", "input", "section", "slot", "strong", "mark", "details", "summary", "ol", "li"].includes(name));
        const frames = async (count) => {
          for (let n = 0; n < count; n++) await new Promise((resolve) => requestAnimationFrame(resolve));
        };
        research.lines(corpus.map((message) => ({ message, level: "error", time: message })));
        research.lines(corpus.map((message) => ({ message: `x${message}`, level: message, time: "2026-11-29" })));
        element.goToLine(1);
        await support.until(() => part("detail"));
        const box = element.shadowRoot.querySelector("input");
        for (const [n, text] of corpus.entries()) {
          research.state = { ...research.state, status: text, currentTask: text, queuePosition: text, message: text, phase: text, error: text, engine: { name: text, resultCount: n } };
          research.emit("update", {});
          research.emit("failure", { code: text, title: text, text, detail: text, suggestion: text });
          research.emit("step", { phase: text, message: text, thought: n % 2 ? text : undefined, tool: text, arguments: { [text]: text }, content: text, error: text, iteration: text });
          research.emit("refusal", text);
          client.become({ name: n % 2 ? "stopped" : text, reason: { code: text, message: text } });
          element.texts = { live: text, filter_all: text, cancel: text, sign_in: text, line: text };
          box.value = text;
          box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
          await frames(1);
          element.goToLine(n + 1);
          await frames(1);
          if (element.shadowRoot.querySelector(".task").textContent !== text) wrong.push(["task", text]);
          // What colours a line in a terminal is no part of it.
          if (element.shadowRoot.querySelector(".detail-text").textContent !== text.replace(/\x1b\[\d*m/g, "")) wrong.push(["detail", text]);
          if (element.shadowRoot.querySelector(".filter-all").firstChild.textContent !== text.replace(/^[^]*\|/, "")) wrong.push(["own text", text]);
          await support.until(() => part("step"));
          if ([...element.shadowRoot.querySelectorAll(".step")].at(-1).querySelector(".step-text").textContent !== text) wrong.push(["step", text]);
          if (shape().length > 0) wrong.push([shape().join(), text]);
        }
        if (part("steps-title").textContent !== `Agent steps (${corpus.length})`) wrong.push(["steps", part("steps-title").textContent]);
        research.emit("end", { status: corpus[0], message: corpus[1], progress: null, error: corpus[2], source: "live" });
        await frames(2);
        if (shape().length > 0) wrong.push([shape().join(), "end"]);
        if (window.pwned !== undefined) wrong.push(["executed", ""]);
        if (document.querySelectorAll("main *").length !== 2) wrong.push(["outside", ""]);
        return wrong;
      }, CORPUS);
      assert.deepEqual(wrong, []);
    });
  });
}

for (const [name, policy] of Object.entries({ "a strict policy and Trusted Types": STRICT, "no policy": "" })) {
  test(`${CORPUS.length} texts that would be markup are text in every field of a list, with ${name}`, LIMIT, async (t) => {
    await withList(t, { policy, mount: { attributes: { "sign-in-href": "/login" } } }, async (page) => {
      const wrong = await page.evaluate(async (corpus) => {
        const wrong = [];
        const root = element.shadowRoot;
        const shape = () => [...new Set([...root.querySelectorAll("*")].map(({ localName }) => localName))].filter((name) => !["div", "p", "span", "a", "button", "slot", "ul", "li"].includes(name)).join();
        const names = new Set();
        element.researches = corpus.map((id, n) => (n % 2 ? id : { id, title: id }));
        await support.frames();
        for (const [n, text] of corpus.entries()) {
          research(text).tell({ status: text, currentTask: text, message: text, phase: text, error: text, queuePosition: text }, "update", { query: text, completed_at: text });
          if (n % 3 === 0) research(text).tell({}, "failure", { code: text, title: text, text, detail: text, suggestion: text });
          if (n % 5 === 0) research(text).tell({ refusal: text }, "refusal", text);
          if (n % 7 === 0) research(text).tell({}, "end", { status: text, message: text, progress: null, error: text, source: "live" });
          client.become({ name: n % 2 ? "stopped" : text, reason: { code: text, message: text } });
          element.texts = { live: text, stopped: text, researches: text, fresh_now: text, progress_of: text, ended: text };
          await support.frames();
          const row = [...root.querySelectorAll(".research")].find((row) => row.querySelector(".title").textContent === text);
          if (!row) wrong.push(["title", text]);
          else if (new URL(row.querySelector(".title").href).pathname.slice(0, 10) !== "/progress/") wrong.push(["href", text]);
          else if (n % 7 !== 0 && row.querySelector(".task").textContent !== text) wrong.push(["task", text]);
          else if (n % 3 === 0 && row.querySelector(".failure-text").textContent !== text) wrong.push(["failure", text]);
          if (root.querySelector("ul").getAttribute("aria-label") !== text.replace(/^[^]*\|/, "")) wrong.push(["own text", text]);
          names.add(shape());
        }
        if ([...names].join() !== "") wrong.push([[...names].join(), "shape"]);
        if (window.pwned !== undefined) wrong.push(["executed", ""]);
        if (document.querySelectorAll("main *").length !== 2) wrong.push(["outside", ""]);
        return wrong;
      }, CORPUS);
      assert.deepEqual(wrong, []);
    });
  });
}

// The code in README and the guides, as it is written there, in a page at a real server. tests/page/README.md says how a block is marked.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { IMPORTS, loadApp } from "../support/apps.mjs";
import { OVERTAKEN_POLL, withPage } from "../support/browser.mjs";
import { blocksIn, nameOf } from "../support/documents.mjs";
import { packageFolder, python } from "../support/places.mjs";
import { startServer } from "../support/servers.mjs";
import { LIMIT, until } from "../support/until.mjs";

/** What the documents call their research. */
const ID = "research-12345";
/** Errors, since one of the examples shows nothing else. */
const LINES = ["line 1", "line 2", "line 3"];

/** What the documents have in their pages: a name is an element with this id. */
const PAGE = `<progress id="bar" max="100" value="0"></progress><output id="badge"></output><p id="notice" hidden></p><pre id="panel"></pre><main></main>`;

const MAP = `<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;

/** @param {string} content @param {string} [head] */
const htmlOf = (content, head = MAP) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title>${head}<body>${content}`;

/**
 * Opens a page that has this in it, where a research stands still.
 * @param {import("node:test").TestContext} t @param {{ html?: string, head?: string, script?: string, headers?: Record<string, string> }} given
 * @param {(page: import("playwright-core").Page, tools: { finish: () => Promise<void>, server: Awaited<ReturnType<typeof startServer>> }) => Promise<void>} use
 */
async function open(t, { html = PAGE, head, script = "", headers = {} }, use) {
  // No WebSocket goes through the routes below, or to the local network from a page that no server has sent.
  const server = await startServer(t, "flask", { page: true, release: "1.5", noUpgrades: true });
  for (const id of [ID, "research-12346", "7"]) await server.control("research", { id, status: "in_progress" });
  const finish = async (id = ID) => {
    await server.control("lines", { id, count: LINES.length, type: "ERROR" });
    await server.control("final", { id });
  };
  await withPage("about:blank", { expected: [OVERTAKEN_POLL] }, async (page) => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
    await page.route(/\/progress\/|\/block\.js$|\/static\/research-socket\/|\/app\/(?!\w+\.js)/, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname.startsWith("/progress/")) return route.fulfill({ contentType: "text/html", body: htmlOf(html, head), headers });
      if (pathname === "/block.js") return route.fulfill({ contentType: "text/javascript", body: script });
      const [, file] = pathname.match(/\/static\/research-socket\/(.+)/) ?? [];
      const url = new URL(route.request().url());
      url.pathname = file ? `/pkg/${file}` : pathname.slice("/app".length);
      return route.continue({ url: url.href });
    });
    await page.goto(`${server.url}/progress/${ID}`);
    await use(page, { finish, server });
  });
}

/** Imports `/block.js` with the names that the documents take for granted. @param {import("playwright-core").Page} page @param {string} code */
const runBlock = (page, code) => {
  const uses = (/** @type {string} */ name) => new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`\\b(const|let|import .*) ${name}\\b`).test(code);
  return page.evaluate(
    async ([id, client, research]) => {
      const { connect } = await import("research-socket");
      Object.assign(window, { connect });
      if (client || research) Object.assign(window, { client: await connect() });
      if (research) Object.assign(window, { research: /** @type {any} */ (window).client.subscribe(id) });
      await import(/** @type {any} */ ("/block.js"));
    },
    /** @type {const} */ ([ID, uses("client"), uses("research")]),
  );
};

for (const block of blocksIn("js").filter(({ mark }) => mark === "")) {
  test(`${nameOf(block)} runs to its end in a page`, LIMIT, (t) =>
    open(t, { script: block.code }, async (page, { finish, server }) => {
      const ran = runBlock(page, block.code);
      if (/research\.done/.test(block.code)) {
        await Promise.race([ran, server.until("the page subscribes", ({ subscriptions }) => subscriptions.length === 1)]);
        await finish();
      }
      await ran;
      if (!/research\.done/.test(block.code)) return;
      const shown = await page.evaluate(() => document.getElementById("panel")?.textContent?.trim().split("\n"));
      assert.deepEqual(shown, LINES);
      assert.match(await page.locator("#badge").innerText(), /^connected/);
    }),
  );
}

for (const block of blocksIn("html", "diff").filter(({ mark }) => mark === "")) {
  const html = block.language === "diff" ? block.code.replace(/^-.*\n/gm, "").replace(/^\+/gm, "") : block.code;
  test(`${nameOf(block)} works in a page`, LIMIT, (t) =>
    open(t, { html }, async (page, { finish, server }) => {
      await page.waitForLoadState("load");
      const elements = page.locator("research-progress, research-list");
      if (!/<script/.test(html)) {
        // What is in an element is shown until that is there. Hints are for another script, which other tests have.
        for (const text of await elements.allInnerTexts()) assert.match(text, /\w/);
        return;
      }
      if (/compat\.js/.test(html)) {
        await page.waitForFunction(() => /** @type {any} */ (window).socket.isConnected());
        return;
      }
      assert.equal(await page.locator(":not(:defined)").count(), 0);
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > 0);
      await finish();
      await elements.getByText("Completed").first().waitFor();
    }),
  );
}

for (const block of blocksIn("jsx", "vue", "svelte")) {
  test(`${nameOf(block)} shows a research`, LIMIT, (t) =>
    open(t, {}, async (page, { finish, server }) => {
      const isElement = block.code.startsWith("<research-");
      const id = isElement ? "7" : ID;
      await loadApp(page, "block.jsx", appOf(block));
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > 0);
      await finish(id);
      const main = page.locator("main");
      if (isElement) {
        // By its link: the same words are said to screen readers too, as soon as there is something to say.
        await main.getByRole("link", { name: "Tidal power" }).waitFor();
        const said = async () => (await page.consoleMessages()).map((message) => message.text());
        await until("it says the end", async () => (await said()).includes("7 completed"), { seen: said });
        return;
      }
      for (const line of LINES) await main.getByText(line, { exact: true }).waitFor();
      await page.waitForFunction(() => document.querySelector("main progress")?.getAttribute("value") === "100");
    }),
  );
}

/** An application with the block in it. @param {import("../support/documents.mjs").Block} block @returns {Record<string, string>} */
function appOf({ language, code }) {
  if (language === "vue") return { "block.jsx": `import { createApp } from "vue"; import Block from "./Block.vue"; createApp(Block, { id: "${ID}" }).mount("main");`, "Block.vue": code };
  if (language === "svelte") return { "block.jsx": `import { mount } from "svelte"; import Block from "./Block.svelte"; mount(Block, { target: document.querySelector("main") });`, "Block.svelte": code };
  const root = `import { createRoot } from "react-dom/client";`;
  const render = (/** @type {string} */ what) => `createRoot(document.querySelector("main")).render(${what});`;
  if (code.startsWith("<")) return { "block.jsx": `${root} import "research-socket/list"; ${render(code)}` };
  return { "block.jsx": `${root} ${code}\n${render(`<Progress id="${ID}" />`)}` };
}

for (const block of blocksIn("http")) {
  test(`under the policy of ${nameOf(block)} the package runs as WebAssembly`, LIMIT, (t) => {
    const headers = Object.fromEntries(block.code.split("\n").map((line) => line.split(": ")));
    const html = `<script type="module" src="/static/research-socket/element.js"></script><research-progress research-id="${ID}"></research-progress>`;
    // Such a policy forbids import maps, which stand in the page.
    return open(t, { html, head: "", headers }, async (page, { server }) => {
      await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > 0);
      const files = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname.split("/").at(-1)));
      assert.ok(files.includes("research_socket_bg.wasm") && !files.includes("research_socket_core.js"), String(files));
    });
  });
}

for (const block of blocksIn("python")) {
  test(`${nameOf(block)} ${block.mark === "part" ? "can be read by Python" : "is a whole server, on which each line comes once"}`, LIMIT, async (t) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "research-socket-document-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const [source, html] = ["server.py", "page.html"].map((name) => path.join(folder, name));
    await writeFile(source, block.code);
    if (block.mark === "part") {
      await endOf(spawn(python(), ["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", source], { stdio: "inherit" }));
      return;
    }
    const [{ code }] = blocksIn("js").filter(({ document }) => document === block.document);
    await writeFile(html, htmlOf(`${PAGE}<script type="module">${code}\nbar.dataset.end = end.status;</script>`));
    const url = await serve(t, source, html);
    await withPage(url, { expected: [OVERTAKEN_POLL] }, async (page) => {
      await page.locator("#badge", { hasText: "connected" }).waitFor();
      await fetch(`${url}/begin/${ID}`, { method: "POST" });
      await page.locator('#bar[data-end="completed"]').waitFor();
      const shown = await page.evaluate(() => document.getElementById("panel")?.textContent?.trim().split("\n"));
      assert.deepEqual(shown, Array.from({ length: 10 }, (_, index) => `Read page ${index + 1}`));
    });
  });
}

/** @param {import("node:child_process").ChildProcess} child */
async function endOf(child) {
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
  assert.equal(code, 0);
}

/** Serves a document's server until the test ends. @param {import("node:test").TestContext} t @param {string} source @param {string} html @returns {Promise<string>} its address */
function serve(t, source, html) {
  const script = fileURLToPath(new URL("serve.py", import.meta.url));
  const child = spawn(python(), [script, source, packageFolder(), html], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  t.after(() => (kill(), process.off("exit", kill)));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const look = () => {
    if (child.exitCode !== null) throw new Error(`the server ended at its start:\n${output}`);
    return output.match(/listening on (\S+)/)?.[1] ?? "";
  };
  return until("the server listens", look, { seen: () => output });
}

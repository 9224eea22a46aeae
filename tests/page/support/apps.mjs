// Small applications with frameworks, in a page beside the built package, which stays as it is shipped.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { compile } from "svelte/compiler";
import { ROOT } from "./places.mjs";

const APPS = path.join(ROOT, "tests/page/support/apps");

/** What pages import the package by. */
const IMPORTS = { "research-socket": "/pkg/index.js", "research-socket/react": "/pkg/react.js", "research-socket/vue": "/pkg/vue.js", "research-socket/svelte": "/pkg/svelte.js", react: "/app/react.js", vue: "/app/vue.js" };

/**
 * Loads an application of support/apps into the page, with the development builds of the frameworks.
 * @param {import("playwright-core").Page} page @param {string} name
 */
export async function loadApp(page, name) {
  const files = await bundle([name, "react.js", "vue.js"]);
  await page.route("**/app/*", (route) => {
    const file = files.get(path.basename(new URL(route.request().url()).pathname));
    return file ? route.fulfill({ contentType: "text/javascript", body: file }) : route.fulfill({ status: 404 });
  });
  await page.evaluate((imports) => {
    const map = Object.assign(document.createElement("script"), { type: "importmap", textContent: JSON.stringify({ imports }) });
    document.head.append(map);
  }, IMPORTS);
  await page.evaluate((name) => import(`/app/${name}`), name.replace(/\.\w+$/, ".js"));
}

/** @type {Map<string, Promise<Map<string, string>>>} */
const bundled = new Map();

/** @param {string[]} names @returns {Promise<Map<string, string>>} the files by name; all of them have the same framework */
function bundle(names) {
  const key = names.join();
  const files = bundled.get(key) ?? make(names);
  bundled.set(key, files);
  return files;
}

/** @param {string[]} names */
async function make(names) {
  const { outputFiles } = await build({
    entryPoints: names.map((name) => path.join(APPS, name)),
    bundle: true,
    splitting: true,
    format: "esm",
    jsx: "automatic",
    jsxDev: true,
    outdir: "/app",
    write: false,
    conditions: ["browser", "development"],
    define: { "process.env.NODE_ENV": '"development"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
    external: ["research-socket", "research-socket/*"],
    plugins: [svelte],
    logLevel: "error",
  });
  return new Map(outputFiles.map(({ path: name, text }) => [path.basename(name), text]));
}

/** @type {import("esbuild").Plugin} */
const svelte = {
  name: "svelte",
  setup({ onLoad }) {
    onLoad({ filter: /\.svelte$/ }, async ({ path: filename }) => {
      const { js } = compile(await readFile(filename, "utf8"), { filename, generate: "client" });
      return { contents: js.code, loader: "js" };
    });
  },
};

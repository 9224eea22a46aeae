// Small applications with frameworks, in a page beside the built package, which stays as it is shipped.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { compile } from "svelte/compiler";
import { compileScript, parse } from "vue/compiler-sfc";
import { ROOT } from "./places.mjs";

const APPS = path.join(ROOT, "tests/page/support/apps");

/** What pages import the package by. */
const ENTRIES = ["compat", "doctor", "element", "list", "react", "svelte", "vue"];
export const IMPORTS = {
  "research-socket": "/pkg/index.js",
  ...Object.fromEntries(ENTRIES.map((entry) => [`research-socket/${entry}`, `/pkg/${entry}.js`])),
  react: "/app/react.js",
  vue: "/app/vue.js",
};

/**
 * Loads an application of support/apps into the page, with the development builds of the frameworks.
 * @param {import("playwright-core").Page} page @param {string} name
 * @param {Record<string, string>} [sources] files that are not there, by their names in support/apps
 */
export async function loadApp(page, name, sources = {}) {
  const files = await bundle([name, "react.js", "vue.js"], sources);
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

/**
 * @param {string[]} names @param {Record<string, string>} sources
 * @returns {Promise<Map<string, string>>} the files by name; all of them have the same framework
 */
function bundle(names, sources) {
  const key = JSON.stringify([names, sources]);
  const files = bundled.get(key) ?? make(names, sources);
  bundled.set(key, files);
  return files;
}

/** @param {string[]} names @param {Record<string, string>} sources */
async function make(names, sources) {
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
    plugins: [loading(sources)],
    logLevel: "error",
  });
  return new Map(outputFiles.map(({ path: name, text }) => [path.basename(name), text]));
}

/** Compiles what has a compiler of its own, and reads what is in no file. @param {Record<string, string>} sources @returns {import("esbuild").Plugin} */
const loading = (sources) => ({
  name: "loading",
  setup({ onLoad, onResolve }) {
    const given = (/** @type {string} */ filename) => sources[path.relative(APPS, filename)];
    onResolve({ filter: /^[./]/ }, ({ path: name, resolveDir }) => {
      const filename = path.resolve(resolveDir || APPS, name);
      return given(filename) === undefined ? undefined : { path: filename };
    });
    onLoad({ filter: /\.(jsx|svelte|vue)$/ }, async ({ path: filename }) => {
      const text = given(filename) ?? (await readFile(filename, "utf8"));
      if (filename.endsWith(".jsx")) return { contents: text, loader: "jsx", resolveDir: APPS };
      if (filename.endsWith(".svelte")) return { contents: compile(text, { filename, generate: "client" }).js.code, loader: "js", resolveDir: APPS };
      const { descriptor, errors } = parse(text, { filename });
      if (errors.length > 0) throw errors[0];
      return { contents: compileScript(descriptor, { id: "app", inlineTemplate: true }).content, loader: "js", resolveDir: APPS };
    });
  },
});

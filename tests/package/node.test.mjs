// Servers that render pages import the package too: that does nothing there, and throws nothing.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { install } from "./support/places.mjs";
import { run } from "./support/run.mjs";

const cwd = await install("node");
const manifest = JSON.parse(await readFile(path.join(cwd, "node_modules/research-socket/package.json"), "utf8"));

/** What imports it: every entry point that is a module. */
const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target === "object").map(([name]) => name);

for (const entry of entries) {
  const name = path.posix.join("research-socket", entry);
  for (const how of ["import", "require"]) {
    test(`${how} of ${name} does nothing`, async () => {
      const found = JSON.parse(await run(process.execPath, ["import.mjs", name, how], { cwd }));
      assert.deepEqual(found.touched, []);
      // What Vue itself adds, wherever it is imported.
      assert.deepEqual(found.added.filter((/** @type {string} */ added) => !added.startsWith("__VUE_")), []);
    });
  }
}

test("connect says that it needs a browser", async () => {
  const { rejected } = JSON.parse(await run(process.execPath, ["import.mjs", "research-socket"], { cwd }));
  assert.equal(rejected.name, "ResearchSocketError");
  assert.equal(rejected.code, "UNSUPPORTED");
  assert.match(rejected.message, /needs a page in a browser/);
});

test("the package.json can be imported", async () => {
  const script = 'import(process.argv[1], { with: { type: "json" } }).then((module) => console.log(module.default.version))';
  const version = await run(process.execPath, ["--no-warnings", "--input-type=module", "--eval", script, "research-socket/package.json"], { cwd });
  assert.equal(version.trim(), manifest.version);
});

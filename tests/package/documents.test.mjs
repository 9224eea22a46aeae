// The commands of README and the guides, and the test that the package's README has for its readers. What runs in a page is in tests/page.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { blocksIn, nameOf, read } from "../page/support/documents.mjs";
import { packageFolder } from "../page/support/places.mjs";
import { install, tool } from "./support/places.mjs";
import { run } from "./support/run.mjs";

/** The names of its commands, as the program spells them. */
const XTASK = Array.from(read("xtask/src/main.rs").match(/enum Task \{([^]*?)\n\}/)?.[1].matchAll(/^    ([A-Z]\w*)/gm) ?? [], ([, name]) => name.replace(/(?<=.)[A-Z]/g, "-$&").toLowerCase());

for (const block of blocksIn("sh")) {
  test(`the shell reads ${nameOf(block)}, and cargo xtask has its commands`, async () => {
    await run("sh", ["-nc", block.code.replace(/<[^>]+>/g, "/a/path")]);
    for (const [, command] of block.code.matchAll(/cargo xtask ([\w-]+)/g)) assert.ok(XTASK.includes(command), command);
  });
}

for (const block of blocksIn("sh").filter(({ code }) => /<the package>/.test(code))) {
  test(`${nameOf(block)} copies files that the package has`, async (t) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "research-socket-documents-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await mkdir(path.join(folder, "static"));
    const places = { "the package": packageFolder(), "the folder that step 1 has printed": folder };
    const script = block.code.replace(/<([^>]+)>/g, (_, name) => places[/** @type {keyof typeof places} */ (name)] ?? assert.fail(`where is "${name}"?`));
    await run("sh", ["-ec", script]);
    const copied = await readdir(path.join(folder, "static/research-socket"));
    assert.deepEqual(copied.sort(), ["research-socket.compat.js", "research_socket_bg.wasm", "research_socket_core.js"]);
  });
}

test("the test that the package's README has for its readers passes in jest", async () => {
  const cwd = await install("runners");
  const [{ code }] = blocksIn("js").filter(({ mark }) => mark === "jest");
  const folder = path.join(cwd, "documented");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const subject = `async function showResearch(id) { (await connect()).subscribe(id).on("update", ({ message }) => { if (message !== "Searching") throw new Error(message); }); }`;
  await writeFile(path.join(folder, "readme.test.js"), `${code}\n${subject}\n`);
  await run(tool("jest"), ["--config=jest.babel.json", "--testMatch=<rootDir>/documented/*.test.js"], { cwd });
});

// The hand-written declarations: what they allow, what they refuse, and whether they name what the code has.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "../../pkg-template/client/client.js";
import { Research } from "../../pkg-template/client/research.js";
import { LIMIT } from "../page/support/until.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const declarations = join(here, "../../pkg-template/index.d.ts");
const compiler = findCompiler();

test("a strict page compiles, and its mistakes do not", { skip: !compiler && "typescript is not installed", ...LIMIT }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, "--project", here]).catch((error) => error);
  assert.equal(stdout, "");
});

for (const options of ["ConnectOptions", "FallbackOptions", "DedupOptions"]) {
  test(`each of ${options} is described, with its default and an example`, async () => {
    const text = await readFile(declarations, "utf8");
    const [, body] = text.match(new RegExp(`export interface ${options} \\{\n([^]*?)\n\\}`));
    const members = Array.from(body.matchAll(/(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s*)?^  (\w+)\?:/gm), ([, doc = "", name]) => ({ name, doc }));
    assert.notEqual(members.length, 0);
    for (const { name, doc } of members) {
      assert.match(doc, /^\s*\* [A-Z]/m, `${name} is not described`);
      assert.match(doc, /@default \S/, `${name} has no default`);
      assert.match(doc, /@example \S/, `${name} has no example`);
    }
  });
}

for (const Class of [Client, Research]) {
  test(`each member of ${Class.name} is declared, and each declared one is there`, async () => {
    const text = await readFile(declarations, "utf8");
    const [, body] = text.match(new RegExp(`export interface ${Class.name}(?:<.*>)? \\{\n([^]*?)\n\\}`));
    const declared = new Set(Array.from(body.matchAll(/^  (?:readonly )?(\w+)\b(?=[<(:])/gm), ([, name]) => name));
    const there = new Set(Object.getOwnPropertyNames(Class.prototype).filter((name) => name !== "constructor"));
    assert.deepEqual([...declared].sort(), [...there].sort());
  });
}

test("each code of an error is declared, and each declared one is given", async () => {
  const text = await readFile(declarations, "utf8");
  const [, union] = text.match(/export type ErrorCode =([^;]*);/);
  const [, core] = (await readFile(join(here, "../../src/failure.rs"), "utf8")).match(/impl Code \{([^]*?)\n\}/);
  const folder = join(here, "../../pkg-template");
  const scripts = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".js"));
  const facade = (await Promise.all(scripts.map((name) => readFile(join(folder, name), "utf8")))).join("\n");
  const given = [...core.matchAll(/=> "([A-Z_]+)"/g), ...facade.matchAll(/new ResearchSocketError\(\s*"([A-Z_]+)"/g)];
  const names = (matches) => [...new Set(Array.from(matches, ([, name]) => name))].sort();
  assert.deepEqual(names(union.matchAll(/"([A-Z_]+)"/g)), names(given));
});

function findCompiler() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  } catch {
    return undefined;
  }
}

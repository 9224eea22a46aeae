// The hand-written declarations: what they allow, what they refuse, and whether they name what the code has.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "../../pkg-template/client.js";
import { Research } from "../../pkg-template/research.js";

const here = dirname(fileURLToPath(import.meta.url));
const compiler = findCompiler();

test("a strict page compiles, and its mistakes do not", { skip: !compiler && "typescript is not installed", timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, "--project", here]).catch((error) => error);
  assert.equal(stdout, "");
});

for (const Class of [Client, Research]) {
  test(`each member of ${Class.name} is declared, and each declared one is there`, async () => {
    const text = await readFile(join(here, "../../pkg-template/index.d.ts"), "utf8");
    const [, body] = text.match(new RegExp(`export interface ${Class.name} \\{\n([^]*?)\n\\}`));
    const declared = new Set(Array.from(body.matchAll(/^  (?:readonly )?(\w+)\b(?=[<(:])/gm), ([, name]) => name));
    const there = new Set(Object.getOwnPropertyNames(Class.prototype).filter((name) => name !== "constructor"));
    assert.deepEqual([...declared].sort(), [...there].sort());
  });
}

function findCompiler() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  } catch {
    return undefined;
  }
}

// The doctor without a browser: what its declarations name, and that it asks for a page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { CODES } from "../../pkg-template/doctor-findings.js";
import { doctor } from "../../pkg-template/doctor.js";

test("each code is declared, with words for it, and each declared one is there", async () => {
  const text = await readFile(new URL("../../pkg-template/doctor.d.ts", import.meta.url), "utf8");
  const [, union] = text.match(/export type FindingCode =([^;]*);/);
  const codes = Object.keys(CODES);
  assert.deepEqual(Array.from(union.matchAll(/"(\w+)"/g), ([, code]) => code), codes);
  const explained = Array.from(text.matchAll(/^ \* - `(\w+)`:/gm), ([, code]) => code);
  assert.deepEqual(explained, codes);
});

test("importing is safe on a server, and calling it there says where to", async () => {
  await assert.rejects(doctor(), /needs a page in a browser/);
});

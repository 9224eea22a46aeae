// What a server's 400 says, as the doctor reads it. The core reads the same (src/engine/refusal.rs).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { refusalOf } from "../../pkg-template/doctor/refusal.js";

/** The doctor's findings for what the core calls so. */
const FINDINGS = { ORIGIN: "ORIGIN_REFUSED", POLLING: "POLLING_REFUSED", SESSION: "SESSION", VERSION: "PROTOCOL_V3" };

test("the doctor reads the words of real servers as the core does", async () => {
  /** @type {[body: string, kind: keyof FINDINGS | null][]} */
  const table = JSON.parse(await readFile(new URL("../servers/refusals.json", import.meta.url), "utf8"));
  for (const [body, kind] of table) assert.equal(refusalOf(body), kind ? FINDINGS[kind] : undefined, body);
});

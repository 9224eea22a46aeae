// What the registry's readers would meet: publint and "are the types wrong?" have nothing to report.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { packageFolder } from "../page/support/places.mjs";
import { tarball, tool } from "./support/places.mjs";
import { run } from "./support/run.mjs";

test("publint has nothing to report, not even a suggestion", async () => {
  const { messages, pkg } = await publint({ pkgDir: packageFolder(), strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test("it is published for everybody, with a proof of where it was built", async () => {
  const { publishConfig, customElements, files } = JSON.parse(await readFile(path.join(packageFolder(), "package.json"), "utf8"));
  assert.deepEqual(publishConfig, { access: "public", provenance: true });
  assert.ok(files.includes(customElements));
});

test("the types are found in every kind of resolution that knows exports", async () => {
  // It fails if it finds something, with a table that says what.
  await run(tool("attw"), [await tarball(), "--profile=node16", "--no-emoji"]);
});

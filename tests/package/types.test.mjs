// TypeScript finds the declarations in the installed package, and takes them with every check that it has.

import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { blocksIn, nameOf } from "../page/support/documents.mjs";
import { install, tool } from "./support/places.mjs";
import { run } from "./support/run.mjs";

const cwd = await install("typescript");

for (const resolution of ["bundler", "node16"]) {
  test(`a strict page compiles with moduleResolution ${resolution}, and its mistakes do not`, async () => {
    await run(tool("tsc"), ["--project", `tsconfig.${resolution}.json`], { cwd });
  });
}

test("the JavaScript of README and the guides has nothing that the types do not know", async () => {
  const folder = path.join(cwd, "documents");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  for (const block of blocksIn("js", "jsx").filter(({ mark }) => mark === "")) {
    const { language, code } = block;
    // Importing the element is what makes it known, which the page has done.
    const isElement = code.startsWith("<");
    const file = `${nameOf(block).replace(/\W+/g, "-")}.${language}`;
    await writeFile(path.join(folder, file), isElement ? `import "research-socket/list";\nexport default (\n${code}\n);\n` : `${code}\n`);
  }
  await run(tool("tsc"), ["--project", "tsconfig.documents.json"], { cwd });
});

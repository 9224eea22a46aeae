// TypeScript finds the declarations in the installed package, and takes them with every check that it has.

import { test } from "node:test";
import { install, tool } from "./support/places.mjs";
import { run } from "./support/run.mjs";

const cwd = await install("typescript");

for (const resolution of ["bundler", "node16"]) {
  test(`a strict page compiles with moduleResolution ${resolution}, and its mistakes do not`, async () => {
    await run(tool("tsc"), ["--project", `tsconfig.${resolution}.json`], { cwd });
  });
}

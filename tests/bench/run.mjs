// Runs one bench and prints its rows, each as a line of JSON: `run.mjs burst --quick`. `cargo xtask bench burst` makes a table of them.

import { parseArgs } from "node:util";
import { test } from "node:test";
import { BENCHES } from "./benches.mjs";
import { Rows } from "./support/rows.mjs";

const option = /** @type {const} */ ({ type: "string" });
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, lines: option, row: option, rounds: option, browsers: option, scripts: option },
});
const { quick, ...options } = values;

for (const name of positionals) {
  const bench = BENCHES[name];
  if (!bench) throw new Error(`no bench ${name}; there are ${Object.keys(BENCHES).join(", ")}`);
  test(bench.title, async (t) => {
    const rows = new Rows();
    try {
      await bench.run(t, rows, quick ? "quick" : "full", options);
    } finally {
      process.stdout.write(`\n${rows}`);
    }
  });
}

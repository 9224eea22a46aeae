// Every bench once and small, so that none of them rots: that it runs, counts what it is about, and has a figure for each row. How
// large a figure is, nothing asks here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BENCHES } from "./benches.mjs";
import { Rows } from "./support/rows.mjs";
import { LIMIT } from "../page/support/until.mjs";

for (const [name, bench] of Object.entries(BENCHES)) {
  test(`the bench ${name} has a figure of ours in each row, and of the peer where there is one`, LIMIT, async (t) => {
    const rows = new Rows();
    await bench.run(t, rows, "small", {});
    const has = (/** @type {number[]} */ figures) => figures.length > 0 && figures.every(Number.isFinite);
    const without = rows.all.filter(({ beside, ours, peer }) => !has(ours) || (beside !== "" && !has(peer)));
    assert.notEqual(rows.all.length, 0);
    assert.deepEqual(without, []);
    const lost = rows.all.filter(({ unit }) => unit === "lines").flatMap(({ ours, peer }) => [...ours, ...peer]);
    assert.deepEqual(lost.filter((count) => count !== 0), []);
  });
}

test("a row that nothing was measured for has no figure", () => {
  const rows = new Rows();
  rows.declare("forgotten", { what: "what nobody measures", unit: "ms" });
  assert.deepEqual(JSON.parse(`${rows}`), { row: "forgotten", beside: "socket.io-client", what: "what nobody measures", unit: "ms", ours: [], peer: [] });
});

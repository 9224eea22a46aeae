// What a page's memory grows by over a long stream of lines.

import assert from "node:assert/strict";
import { Meter, wasmMemory } from "./support/meter.mjs";
import { callsOf, following, sendLines } from "./support/scripted.mjs";
import { thousands } from "./support/table.mjs";

export const title = "memory";

const SIZES = {
  full: { before: 100_000, after: 1_000_000 },
  quick: { before: 50_000, after: 200_000 },
  small: { before: 500, after: 1_000 },
};
const MIB = 2 ** 20;
/** Lines that are sent before the page is asked how far it is. */
const STRIDE = 50_000;

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size) {
  const { before, after } = SIZES[size];
  const beside = "socket.io-client with the old script's part";
  rows.declare("memory", { what: `memory that ${thousands(after)} lines take more than ${thousands(before)}`, unit: "MiB", beside, aim: { most: 4 } });
  const figures = { ours: NaN, peer: NaN };
  for (const [side, client] of /** @type {const} */ ([["ours", "ours"], ["peer", "old"]])) {
    await following(t, client, async (page, server) => {
      const meter = await Meter.on(page);
      const used = async () => (await meter.heap()) + (side === "ours" ? await wasmMemory(page) : 0);
      const upTo = async (/** @type {number} */ from, /** @type {number} */ end) => {
        for (let first = from; first < end; first += STRIDE) {
          const count = Math.min(STRIDE, end - first);
          await sendLines(page, server, { count, first, calls: first + count });
        }
        return used();
      };
      const early = await upTo(0, before);
      figures[side] = ((await upTo(before, after)) - early) / MIB;
      assert.equal(await callsOf(page), after, `lines that ${client} has handed over`);
    });
  }
  rows.add("memory", figures);
}

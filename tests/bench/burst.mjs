// What a log line costs a page whose handler does nothing, beside socket.io-client alone, and with what the application's script does
// with each line. All of them get the very same bytes.

import assert from "node:assert/strict";
import { Meter } from "./support/meter.mjs";
import { alternate } from "./support/rows.mjs";
import { callsOf, following, sendLines } from "./support/scripted.mjs";
import { thousands } from "./support/table.mjs";

export const title = "a burst of lines";

const SIZES = {
  full: { lines: 20_000, rounds: 5 },
  quick: { lines: 20_000, rounds: 2 },
  small: { lines: 500, rounds: 1 },
};
/** Sent before what is measured: code that has run already is what a page of a long research has. */
const WARM = 500;
const KINDS = /** @type {const} */ ([
  { name: "different", copies: 1, alone: 1.3, old: 0.5 },
  { name: "twice", copies: 2, alone: 1.0, old: 0.4 },
]);
const CLIENTS = /** @type {const} */ (["ours", "peer", "old"]);

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size, options) {
  const { lines, rounds } = { ...SIZES[size], ...(options.lines && { lines: Number(options.lines) }), ...(options.rounds && { rounds: Number(options.rounds) }) };
  for (const { name, alone, old } of KINDS) {
    const what = `${thousands(lines)} lines, all ${name}, empty handler: main thread`;
    rows.declare(`burst/${name}`, { what, unit: "ms", aim: { ratio: alone } });
    rows.declare(`burst/${name}/old`, { what, unit: "ms", beside: "socket.io-client with the old script's part", aim: { ratio: old } });
  }
  for (const { name, copies } of KINDS) {
    /** @type {Record<string, number[]>} */
    const spent = { ours: [], peer: [], old: [] };
    await alternate(rounds, [...CLIENTS], async (client) => void spent[client].push(await measure(t, client, lines, copies)));
    spent.ours.forEach((ours, round) => {
      rows.add(`burst/${name}`, { ours, peer: spent.peer[round] });
      rows.add(`burst/${name}/old`, { ours, peer: spent.old[round] });
    });
  }
}

/** @param {import("node:test").TestContext} t @param {(typeof CLIENTS)[number]} client @param {number} lines @param {1 | 2} copies */
async function measure(t, client, lines, copies) {
  let spent = NaN;
  const handed = (/** @type {number} */ count) => (client === "peer" ? copies * count : count);
  await following(t, client, async (page, server) => {
    await sendLines(page, server, { count: WARM, copies, calls: handed(WARM) });
    const meter = await Meter.on(page);
    const cost = await meter.during(() => sendLines(page, server, { count: lines, copies, first: WARM, calls: handed(WARM + lines) }));
    spent = cost.cpu;
    assert.equal(await callsOf(page), handed(WARM + lines), `lines that ${client} has handed over`);
  });
  return spent;
}

// What an update costs that repeats the whole log in `progress_log`, as those of a benchmark run do: a line longer each time.

import { Meter } from "./support/meter.mjs";
import { callsOf, entryOf, following, heard } from "./support/scripted.mjs";
import { thousands } from "./support/table.mjs";

export const title = "a cumulative log";

const SIZES = {
  full: { updates: 2_000, rounds: 2 },
  quick: { updates: 500, rounds: 1 },
  small: { updates: 50, rounds: 1 },
};

/** @type {import("./support/rows.mjs").Bench["run"]} */
export async function run(t, rows, size) {
  const { updates, rounds } = SIZES[size];
  const what = `progress_log, ${thousands(updates)} updates`;
  rows.declare("cumulative", { what: `${what}: main thread`, unit: "ms", beside: "socket.io-client with the old script's part", aim: { ratio: 0.05 } });
  rows.declare("cumulative/lost", { what: `${what}: lines lost`, unit: "lines", aim: { most: 0 } });
  rows.declare("cumulative/growth", { what: `progress_log, ${thousands(2 * updates)} updates: main thread`, unit: "ms", beside: `ours with ${thousands(updates)}`, aim: { ratio: 2.2 } });
  for (let round = 0; round < rounds; round += 1) {
    const ours = await measure(t, "ours", updates);
    const peer = await measure(t, "old", updates);
    const twice = await measure(t, "ours", 2 * updates);
    rows.add("cumulative", { ours: ours.cpu, peer: peer.cpu });
    rows.add("cumulative/lost", { ours: updates - ours.calls, peer: updates - peer.calls });
    rows.add("cumulative/growth", { ours: twice.cpu, peer: ours.cpu });
  }
}

/** @param {import("node:test").TestContext} t @param {"ours" | "old"} client @param {number} updates */
async function measure(t, client, updates) {
  let measured = { cpu: NaN, calls: NaN };
  await following(t, client, async (page, server) => {
    let log = "";
    const meter = await Meter.on(page);
    const { cpu } = await meter.during(async () => {
      await server.send(updates, (n) => {
        log += `${n === 0 ? "" : ","}${JSON.stringify(entryOf(n))}`;
        return [`42${JSON.stringify(["progress_r", { progress: 1, progress_log: `[${log}]` }])}`];
      });
      await heard(page, updates);
    });
    measured = { cpu, calls: await callsOf(page) };
  });
  return measured;
}

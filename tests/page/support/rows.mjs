// "Coming from socket.io-client": the same rows through that client and through ours, on the same server. What they record has to be
// the same; where it is not, `DIFFERENCES` says how and why, and docs/guides/socket-io-client.md does.

import assert from "node:assert/strict";
import { ROWS } from "./page/rows.js";

/** @typedef {"ours" | "peer"} Which */

const PYTHON = ["flask", "asgi"];

/** row → what each client records, where they differ: on all servers, or on those of `on`. */
const DIFFERENCES = {
  // Alone in its buffer, and the type that the page sends: no view has to be made of it first.
  "binary that is received, by its type": { ours: "Uint8Array", peer: "ArrayBuffer" },
  // A page that someone looks at goes on; socket.io-client leaves it to the page's handler.
  "the server ends the connection": {
    ours: ["io server disconnect", "connects again by itself"],
    peer: ["io server disconnect", "stays away"],
  },
  // python-engineio drops a request with more than 16 packets, of which socket.io-client knows nothing.
  "a burst: 3,000 emits in one tick": { ours: "all arrive", peer: "some are lost", on: PYTHON },
};

/** Rows that send several things at once. Python's servers handle each in a task of its own: they come back in any order. */
const AT_ONCE = new Set([
  "emit(event, …, function) gets all values of the acknowledgement",
  "autoConnect: false waits for connect(), with what came before",
  "Blob and File are arguments as others, and keep their place",
]);

/** In an order that says nothing. */
const sorted = (/** @type {unknown[]} */ recorded) => recorded.map((one) => JSON.stringify(one)).toSorted();

/**
 * Runs all rows on a server, and compares.
 * @param {import("node:test").TestContext} t @param {string} kind of the server @param {(row: string, which: Which) => Promise<unknown>} record
 */
export async function compare(t, kind, record) {
  for (const row of Object.keys(ROWS)) {
    await t.test(row, async () => {
      const of = async (/** @type {Which} */ which) => {
        const recorded = await record(row, which);
        return AT_ONCE.has(row) && PYTHON.includes(kind) ? sorted(/** @type {unknown[]} */ (recorded)) : recorded;
      };
      const peer = await of("peer");
      const ours = await of("ours");
      const { on = [kind], ...differs } = DIFFERENCES[row] ?? { on: [] };
      if (on.includes(kind)) assert.deepEqual({ ours, peer }, differs);
      else assert.deepEqual(ours, peer);
    });
  }
}

// "Coming from socket.io-client": the same rows through that client and through ours, on the same server. What they record has to be
// the same; where it is not, `DIFFERENCES` says how and why, and README.md does.

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

/**
 * Runs all rows on a server, and compares.
 * @param {import("node:test").TestContext} t @param {string} kind of the server @param {(row: string, which: Which) => Promise<unknown>} record
 */
export async function compare(t, kind, record) {
  for (const row of Object.keys(ROWS)) {
    await t.test(row, async () => {
      const peer = await record(row, "peer");
      const ours = await record(row, "ours");
      const { on = [kind], ...differs } = DIFFERENCES[row] ?? { on: [] };
      if (on.includes(kind)) assert.deepEqual({ ours, peer }, differs);
      else assert.deepEqual(ours, peer);
    });
  }
}

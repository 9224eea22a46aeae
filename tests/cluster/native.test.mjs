// The example `native` as people start it, at the application's server.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../page/support/places.mjs";
import { startServer } from "../page/support/servers.mjs";
import { LIMIT, until } from "../page/support/until.mjs";

const ID = "research-1";

/** @param {import("node:test").TestContext} t @param {string[]} words its command line */
function start(t, words) {
  const child = spawn(path.join(ROOT, "target/debug/examples/native"), words, { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  const run = { child, output: "", errors: "", code: /** @type {number | null | undefined} */ (undefined) };
  child.stdout.setEncoding("utf8").on("data", (text) => (run.output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (run.errors += text));
  child.once("error", (error) => (run.errors += error));
  child.once("close", (code) => (run.code = code));
  const seen = () => run.output + run.errors;
  return Object.assign(run, {
    /** @param {string} words */
    printed: (words) => {
      const look = () => {
        if (run.output.includes(words)) return true;
        if (run.code !== undefined) throw new Error(`it has ended with ${run.code}: ${seen()}`);
        return false;
      };
      return until(`it prints ${words}`, look, { seen });
    },
    ended: () => until("it ends", () => run.code !== undefined, { seen }),
  });
}

for (const flags of [[], ["--websocket"]]) {
  test(`the example prints each line once, also over a restart, and ends with the research${flags.map((flag) => `, with ${flag}`)}`, LIMIT, async (t) => {
    const server = await startServer(t, "flask", { store: path.join(await folder(t), "store.sqlite") });
    await server.control("research", { id: ID, status: "in_progress" });
    const run = start(t, [server.url, ID, ...flags]);
    await run.printed("# connected\n");
    await server.control("lines", { id: ID, count: 3 });
    await run.printed("line 3\n");
    server.kill();
    await run.printed("# reconnecting");
    await server.start();
    await server.control("lines", { id: ID, count: 3, first: 4 });
    await run.printed("line 6\n");
    await server.control("final", { id: ID });
    await run.ended();
    assert.equal(run.code, 0, run.errors);
    assert.deepEqual(run.output.match(/line \d+/g), [1, 2, 3, 4, 5, 6].map((n) => `line ${n}`));
    assert.match(run.output, /^# completed: /m);
    await server.untilGoodbye();
  });
}

test("the example says goodbye at SIGINT, and says what is wrong with its arguments", LIMIT, async (t) => {
  const server = await startServer(t, "flask");
  const run = start(t, [server.url, ID]);
  await run.printed("# connected\n");
  await server.until("it is there", ({ connected }) => connected === 1);
  run.child.kill("SIGINT");
  await run.ended();
  assert.equal(run.code, 1, run.errors);
  await server.untilGoodbye();

  for (const [words, said] of /** @type {[string[], RegExp][]} */ ([[[server.url], /an id/], [["ftp://x", ID], /origin/], [["https://x", ID], /no TLS/], [[server.url, ID, "--tls"], /no --tls/]])) {
    const refused = start(t, words);
    await refused.ended();
    assert.equal(refused.code, 2);
    assert.match(refused.errors, said);
  }
});

/** @param {import("node:test").TestContext} t */
async function folder(t) {
  const made = await mkdtemp(path.join(os.tmpdir(), "research-socket-native-"));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

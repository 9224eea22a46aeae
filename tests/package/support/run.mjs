// Programs that a test runs: to their end, or beside it until it ends.

import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { until } from "../../page/support/until.mjs";

/** What a program may take at most: one that hangs ends the test. On a busy machine a bundler has taken more than two minutes. */
const DEADLINE_MS = 600_000;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => running.forEach(kill));
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, () => process.exit(1));
}

/**
 * Runs a program to its end and returns what it printed on its standard output; fails with all that it printed.
 * @param {string} program @param {string[]} args @param {{ cwd?: string, env?: Record<string, string> }} [options]
 */
export async function run(program, args, { cwd, env = {} } = {}) {
  const options = { cwd, env: environment(env), timeout: DEADLINE_MS, killSignal: /** @type {const} */ ("SIGKILL"), maxBuffer: 2 ** 26 };
  try {
    const { stdout } = await promisify(execFile)(program, args, options);
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error });
  }
}

/**
 * Starts a server for one test and returns the first group of `ready`, once it has printed that.
 * @param {import("node:test").TestContext} t
 * @param {string} program @param {string[]} args
 * @param {{ ready: RegExp, cwd?: string, env?: Record<string, string> }} options
 */
export async function serve(t, program, args, { ready, cwd, env = {} }) {
  // A group of its own: frameworks start processes of theirs.
  const child = spawn(program, args, { cwd, env: environment(env), detached: true, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  t.after(() => kill(child));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  }
  /** @type {Error | undefined} */
  let failure;
  child.once("error", (error) => (failure = error));
  const look = () => {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`${program} ended at its start:\n${output}`);
    return output.match(ready)?.[1] ?? "";
  };
  return until(`${program} is ready`, look, { within: 300_000, seen: () => output });
}

/** @param {import("node:child_process").ChildProcess} child */
function kill(child) {
  running.delete(child);
  if (!child.pid || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
  }
}

/** Without colours, questions or news of anybody's own. @param {Record<string, string>} more */
function environment(more) {
  const { NODE_TEST_CONTEXT: _, FORCE_COLOR: __, ...rest } = process.env;
  return { ...rest, NO_COLOR: "1", CI: "1", NEXT_TELEMETRY_DISABLED: "1", ...more };
}

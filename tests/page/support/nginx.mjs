// nginx with a configuration of the guides, before servers of a test.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { ROOT } from "./places.mjs";
import { freePort } from "./servers.mjs";
import { until } from "./until.mjs";

/** The program, from RESEARCH_SOCKET_NGINX; else that of Debian's package. */
const PROGRAM = process.env.RESEARCH_SOCKET_NGINX ?? "/usr/sbin/nginx";

/** The configurations of a guide, in their order. @param {string} guide */
export async function configurations(guide) {
  const text = await readFile(path.join(ROOT, "docs/guides", guide), "utf8");
  return Array.from(text.matchAll(/^```nginx\n([^]*?)^```$/gm), ([, configuration]) => configuration);
}

/**
 * Runs a configuration with the ports of the test in place of its own, and as many workers, and returns the address. It ends with the test.
 * @param {import("node:test").TestContext} t @param {string} configuration @param {number[]} workers their ports
 */
export async function startNginx(t, configuration, workers) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "research-socket-nginx-"));
  const port = await freePort();
  const here = configuration
    .replace("listen 80;", `listen 127.0.0.1:${port};`)
    .replace(/^ *server 127\.0\.0\.1:(\d+).*\n/gm, (_, own) => (own - 5001 in workers ? `server 127.0.0.1:${workers[own - 5001]};\n` : ""));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
  const whole = `daemon off; master_process off; pid ${folder}/pid; events {} http { access_log off; ${temporary.join(" ")}\n${here}}\n`;
  await writeFile(path.join(folder, "nginx.conf"), whole);
  const child = spawn(PROGRAM, ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
  child.once("error", (error) => (output += error));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  t.after(async () => {
    kill();
    process.off("exit", kill);
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = () => {
    if (child.exitCode !== null || !child.pid) throw new Error(`nginx ended at its start:\n${output}`);
    return fetch(url).then((response) => response.ok, () => false);
  };
  await until("nginx answers", answers, { seen: () => output });
  return url;
}

// What passes between clients and a cluster, and what its processes compute.

import { readdir, readFile } from "node:fs/promises";
import net from "node:net";

/** A way to `target` that counts what passes: bytes of TCP's payload, and requests. @param {import("./cluster.mjs").Scope} t @param {string} target */
export async function startMeter(t, target) {
  const { hostname, port } = new URL(target);
  const counts = { requests: 0, up: 0, down: 0 };
  /** @type {Set<net.Socket>} */
  const sockets = new Set();
  const server = net.createServer({ noDelay: true }, (client) => {
    const worker = net.connect({ host: hostname, port: Number(port), noDelay: true });
    for (const socket of [client, worker]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      // Whoever breaks off ends both.
      socket.on("error", () => [client, worker].forEach((one) => one.destroy()));
    }
    client.on("data", (/** @type {Buffer} */ bytes) => {
      counts.up += bytes.length;
      if (beginsRequest(bytes)) counts.requests += 1;
    });
    worker.on("data", (bytes) => (counts.down += bytes.length));
    client.pipe(worker).pipe(client);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${/** @type {net.AddressInfo} */ (server.address()).port}`, counts: () => ({ ...counts }) };
}

/** No client sends a request behind another one before that is answered, so that each begins with what is read at once. @param {Buffer} bytes */
export function beginsRequest(bytes) {
  return /^(GET|POST) \/\S* HTTP\/1\.1\r\n/.test(bytes.toString("latin1", 0, 2_000));
}

/** Processor time of all processes of these groups since each began, in milliseconds. @param {(number | undefined)[]} groups */
export async function cpuOf(groups) {
  let nanoseconds = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      if (groups.includes(groupIn(await readFile(`/proc/${pid}/stat`, "latin1")))) nanoseconds += await ran(`/proc/${pid}`);
    } catch (error) {
      // It has ended meanwhile.
      if (!["ENOENT", "ESRCH"].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? "")) throw error;
    }
  }
  return nanoseconds / 1e6;
}

/** Group of a process; its name, in parentheses, may have anything in it. @param {string} stat as /proc has it */
export function groupIn(stat) {
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
}

/** Nanoseconds on a processor, of all threads. @param {string} folder */
async function ran(folder) {
  const threads = await readdir(`${folder}/task`);
  const all = await Promise.all(threads.map((thread) => readFile(`${folder}/task/${thread}/schedstat`, "latin1")));
  return all.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);
}

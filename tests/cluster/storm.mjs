// Many real clients whose workers are killed and come back: when they are live again, and what they ask for meanwhile.

import { setTimeout as sleep } from "node:timers/promises";
import { startCluster } from "./cluster.mjs";
import { startLoad } from "./load.mjs";

/** Milliseconds: between two pings of the application. */
const PING_MS = 5_000;
/** Milliseconds: of what is looked at before the workers go, and after all are back. */
const CALM_MS = 2 * PING_MS;

/**
 * @typedef {import("./load.mjs").Sample} Sample
 * @typedef {object} Outcome times in milliseconds
 * @property {number} clients
 * @property {number} killedAt
 * @property {number} firstBack when the first worker answered again
 * @property {number} allBack
 * @property {Sample[]} samples
 */

/**
 * @param {import("./cluster.mjs").Scope} t
 * @param {{ proxy: import("./cluster.mjs").ProxyName, transport: "polling" | "websocket", clients: number, downMs: number, calmMs?: number, times?: "short" | "real", seed?: number }} options
 * @returns {Promise<Outcome>}
 */
export async function storm(t, { proxy, transport, clients, downMs, calmMs = CALM_MS, times, seed }) {
  const cluster = await startCluster(t, { proxy, times });
  const research = await cluster.startResearch("load-1");
  for (let n = 2; n <= clients; n += 1) await research.command("research", { id: `load-${n}`, status: "in_progress" });
  const load = startLoad(t, { url: cluster.url, clients, transport, seed });
  const areLive = () => load.until("all are live", ({ live }) => live === clients, 600_000);
  await areLive();
  await sleep(calmMs);
  const killedAt = Date.now();
  for (const worker of cluster.workers.keys()) cluster.killWorker(worker);
  await load.until("none is live", ({ live }) => live === 0);
  await sleep(Math.max(0, killedAt + downMs - Date.now()));
  const back = await Promise.all(cluster.workers.map((worker) => worker.start().then(() => Date.now())));
  await areLive();
  await sleep(calmMs);
  await load.end();
  return { clients, killedAt, firstBack: Math.min(...back), allBack: Math.max(...back), samples: load.samples };
}

/** What it comes to. @param {Outcome} outcome */
export function figures({ clients, killedAt, firstBack, allBack, samples }) {
  const upTo = (/** @type {number} */ at) => samples.findLast((sample) => sample.at <= at) ?? samples[0];
  const since = (/** @type {number} */ share) => {
    const live = samples.find((sample) => sample.at >= firstBack && sample.live >= share * clients);
    if (!live) throw new Error(`${share * clients} are never live again`);
    return live.at - firstBack;
  };
  const all = since(1);
  const [before, back, end] = [upTo(killedAt), upTo(firstBack), upTo(firstBack + all)];
  /** Requests a second, for each second from the kill on. */
  const perSecond = [];
  for (let at = killedAt; at + 1_000 <= samples[samples.length - 1].at; at += 1_000) perSecond.push(upTo(at + 1_000).requests - upTo(at).requests);
  const calm = upTo(killedAt - PING_MS);
  return {
    down: firstBack - killedAt,
    allBack: allBack - firstBack,
    half: since(0.5),
    most: since(0.95),
    all,
    before: Math.round((1_000 * (before.requests - calm.requests)) / Math.max(1, before.at - calm.at)),
    perSecond,
    refused: { down: back.refused + back.failed - before.refused - before.failed, back: end.refused + end.failed - back.refused - back.failed },
    requests: end.requests - back.requests,
  };
}

// Chromium and Firefox at each real server, with one to four tabs, through a proxy whose faults are drawn from a seed.

import { test } from "node:test";
import { startProxy } from "../../servers/proxy.mjs";
import { freePort, startServer } from "../support/servers.mjs";
import { startBrowser } from "../support/webdriver.mjs";
import { BROWSERS, planOf, SERVERS } from "./plan.mjs";
import { run } from "./run.mjs";
import { chromiumTabs, firefoxTabs } from "./tabs.mjs";
import { LIMIT } from "../support/until.mjs";

/** `1-200`, or `17`. */
const [FIRST, LAST = FIRST] = (process.env.RESEARCH_SOCKET_SEEDS ?? "1-24").split("-").map(Number);
/** A heartbeat that notices a silent wire soon, and no machine that is slow, in seconds. */
const PING = { pingInterval: 0.5, pingTimeout: 3.5 };

test(`every stored line once, in order, and one end, whatever the network does (seeds ${FIRST} to ${LAST})`, { concurrency: true, ...LIMIT }, async (t) => {
  const plans = Array.from({ length: LAST - FIRST + 1 }, (_, n) => planOf(FIRST + n));
  const used = (/** @type {"browser" | "server"} */ what, /** @type {string} */ name) => plans.some((plan) => plan[what] === name);
  const firefox = used("browser", "firefox") ? await startBrowser(t, "firefox") : undefined;
  const servers = await Promise.all(SERVERS.filter((kind) => used("server", kind)).map((kind) => startServer(t, kind, { page: true, ...PING }).then((server) => ({ kind, server }))));
  /** @type {Record<string, number>} */
  const sums = {};
  // One lane for each pair of browser and server; in each, one run after the other.
  const lanes = BROWSERS.flatMap((browser) => servers.map((one) => ({ browser, ...one })));
  await Promise.all(lanes.map(async ({ browser, kind, server }) => {
    const mine = plans.filter((plan) => plan.browser === browser && plan.server === kind);
    if (mine.length === 0) return;
    const withTabs = browser === "firefox" && firefox ? firefoxTabs(firefox) : chromiumTabs;
    const proxy = await startProxy({ target: server.url, port: await freePort() });
    t.after(() => proxy.close());
    for (const plan of mine) {
      const { seed, joins: { length }, faults } = plan;
      await t.test(`seed ${seed}: ${browser}, ${kind}, ${length} tabs, ${faults.filter(Boolean).length} faults`, (t) =>
        withTabs(length, async (tabs) => {
          const summary = await run(plan, { server, proxy, tabs, id: `seed-${seed}` });
          for (const [name, count] of Object.entries(summary)) sums[name] = (sums[name] ?? 0) + count;
          t.diagnostic(JSON.stringify(summary));
        }));
    }
  }));
  t.diagnostic(JSON.stringify(sums));
});

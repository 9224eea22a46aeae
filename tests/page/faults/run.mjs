// One run: tabs follow a research through a proxy with faults, everything is mended, and each has to have all of it.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { until } from "../support/until.mjs";

/**
 * @typedef {import("./plan.mjs").Plan} Plan
 * @typedef {import("./tabs.mjs").Tab} Tab
 * @typedef {Awaited<ReturnType<typeof import("../../servers/proxy.mjs").startProxy>>} Proxy
 * @typedef {Awaited<ReturnType<typeof import("../support/servers.mjs").startServer>>} Server
 * @typedef {{ lines: number, newest: number, hasEnded: boolean }} Seen
 */

/** @param {Plan} plan @param {{ server: Server, proxy: Proxy, tabs: Tab[], id: string }} given */
export async function run(plan, { server, proxy, tabs, id }) {
  const research = new Research(server, id);
  /** @type {Tab[]} */
  const joined = [];
  proxy.recount();
  try {
    await research.write(plan.before);
    await Promise.all(tabs.map((tab) => open(tab, `${proxy.url}/progress/${id}`)));
    // What the page was loaded over is not used again.
    drop(proxy);
    proxy.afflict(plan.faults.map((fault) => fault ?? undefined));

    for (const [step, { lines, door, wait }] of plan.course.entries()) {
      const joining = tabs.filter((_, tab) => plan.joins[tab] === step);
      await Promise.all(joining.map((tab) => follow(tab, { id, options: { path: server.path, ...plan.options } })));
      joined.push(...joining);
      if (door === "shut" || door === "reset") proxy.shut();
      if (door === "drop" || door === "reset") drop(proxy);
      await research.write(lines);
      await proxy.open();
      if (wait !== "nothing") await pass(wait, proxy, joined, research.written);
    }
    if (plan.endsEarly) await research.end();
    const { repeated } = proxy.counts();
    proxy.mend(plan.silent);
    if (!plan.endsEarly) {
      // Whoever is live without a subscription, or lacks a line, would be helped by the end.
      for (const _ of [1, 2]) {
        await research.write(3);
        await Promise.all(joined.map((tab) => until("all lines", () => isUpToDate(tab, proxy, research.written, repeated), { every: 50, seen: () => look(tab) })));
      }
      await research.end();
    }

    for (const tab of joined) {
      const isWhole = async () => {
        const { lines, hasEnded } = await look(tab);
        return hasEnded && lines >= research.written;
      };
      await until("all lines and the end", isWhole, { every: 50, seen: () => look(tab) });
    }
    const stored = (await server.stored(id)).map((/** @type {{ message: string }} */ { message }) => message);
    const heard = await Promise.all(joined.map((tab) => tab.evaluate(() => /** @type {any} */ (window).run.heard)));
    for (const each of heard) check(stored, each, isOrdered(plan, proxy));
    for (const tab of tabs) assert.deepEqual(await tab.evaluate(() => /** @type {any} */ (window).problems), [], "errors in the page");
    await Promise.all(joined.map((tab) => tab.evaluate(() => void /** @type {any} */ (window).run.client.close())));
    return summary(proxy, heard);
  } catch (error) {
    if (error instanceof Error) error.message += await describe(plan, proxy, joined);
    throw error;
  }
}

/** What is written while the faults go on, past the proxy. */
class Research {
  #server;
  #id;
  written = 0;

  /** @param {Server} server @param {string} id */
  constructor(server, id) {
    this.#server = server;
    this.#id = id;
  }

  /** @param {number} count */
  async write(count) {
    await this.#server.control("lines", { id: this.#id, count, first: this.written + 1 });
    this.written += count;
  }

  end() {
    return this.#server.control("final", { id: this.#id });
  }
}

/**
 * Waits until the tabs have heard all lines so far, or
 * heard   so much has happened that each tab may have begun anew
 * struck  another fault has struck
 * @param {"heard" | "struck"} wait @param {Proxy} proxy @param {Tab[]} tabs @param {number} lines
 */
async function pass(wait, proxy, tabs, lines) {
  const before = proxy.counts();
  const isOver = async () => {
    const { accepted, struck } = proxy.counts();
    const enough = wait === "struck" ? struck > before.struck : accepted > before.accepted + 8 * tabs.length;
    return enough || (await Promise.all(tabs.map((tab) => isUpToDate(tab, proxy, lines, before.repeated)))).every(Boolean);
  };
  await until(`the next step, after ${wait}`, isOver, { every: 50, seen: () => Promise.all(tabs.map(look)) });
}

/**
 * Whether a tab has all lines so far or, where one may lack some, the newest; that one too may have been lost, if a request was `repeated`
 * more often than before.
 * @param {Tab} tab @param {Proxy} proxy @param {number} lines @param {number} repeated
 */
async function isUpToDate(tab, proxy, lines, repeated) {
  const seen = await look(tab);
  if (!mayLack(proxy)) return seen.lines >= lines;
  return seen.newest >= lines || proxy.counts().repeated > repeated;
}

/** Resets what is open. @param {Proxy} proxy */
function drop(proxy) {
  proxy.mode("refuse");
  proxy.mode("pass");
}

/** Opens the page of a research and loads all that it needs, so that of the page only the client meets the faults. @param {Tab} tab @param {string} url */
async function open(tab, url) {
  await tab.goto(url);
  await tab.evaluate(() => {
    const problems = /** @type {string[]} */ ([]);
    Object.assign(window, { problems });
    addEventListener("error", ({ message }) => problems.push(message));
    addEventListener("unhandledrejection", ({ reason }) => problems.push(String(reason)));
    // The page's own script: what a driver imports, Firefox loads anew each time.
    const script = document.createElement("script");
    script.type = "module";
    script.textContent = `
      import { connect } from "/pkg/index.js";
      import { follow } from "/support/follow.js";
      await connect.preload();
      window.follow = follow;
    `;
    document.head.append(script);
  });
  await until("the page is loaded", () => tab.evaluate(() => "follow" in window), { seen: () => tab.evaluate(() => /** @type {any} */ (window).problems) });
}

/** @param {Tab} tab @param {object} given */
async function follow(tab, given) {
  // A driver would let nobody else act until the promise is settled.
  await tab.evaluate((given) => void /** @type {any} */ (window).follow(given), [given]);
  await until("the page follows", () => tab.evaluate(() => /** @type {any} */ (window).run?.research !== undefined), { seen: () => tab.evaluate(() => /** @type {any} */ (window).problems) });
}

/** @param {Tab} tab @returns {Promise<Seen>} */
function look(tab) {
  return tab.evaluate(() => {
    const { heard } = /** @type {any} */ (window).run;
    const numbers = heard.lines.map((/** @type {string} */ line) => Number(line.replace("line ", "")));
    return { lines: numbers.length, newest: Math.max(0, ...numbers), hasEnded: heard.done.length > 0 };
  });
}

/**
 * Browsers send a request again by themselves if its connection, which was used before, breaks before the answer begins. The client
 * cannot know: what the lost answer had comes with the stored log, when that is read for another reason, as at the end.
 * @param {Proxy} proxy
 */
function mayLack(proxy) {
  return proxy.counts().repeated > 0;
}

/** A stored log that hangs is not waited for without end. @param {Plan} plan @param {Proxy} proxy */
function isOrdered({ faults }, proxy) {
  return !mayLack(proxy) && !faults.some((fault) => fault?.kind === "silent");
}

/**
 * Every stored line once, in order, and one end.
 * @param {string[]} stored @param {import("../support/follow.mjs").Heard} heard @param {boolean} isOrdered whether live lines, and those
 *   of the stored log, come in one order; in any case each of the two does
 */
function check(stored, { lines, sources, ends, done, gaps, failures, warnings }, isOrdered) {
  const left = new Set(stored);
  assert.equal(left.size, stored.length, "the server stored a line twice");
  const twice = lines.filter((line) => !left.delete(line));
  assert.deepEqual({ twice, missing: [...left] }, { twice: [], missing: [] });
  const order = (/** @type {(n: number) => boolean} */ has) => {
    const heard = lines.filter((_, n) => has(n));
    assert.deepEqual(heard, stored.filter((line) => heard.includes(line)), "out of order");
  };
  order((n) => sources[n] === "live");
  order((n) => sources[n] === "history");
  // A log that was never read is waited for less, and one that cannot be read until the page is told so.
  const first = sources.indexOf("history");
  if (isOrdered && gaps.every(({ missing }) => missing !== null)) order((n) => n >= first);
  assert.deepEqual(ends.map(({ status }) => status), ["completed"]);
  assert.deepEqual(done.map(({ resolved }) => resolved?.status), ["completed"]);
  assert.deepEqual(gaps.filter(({ missing }) => missing !== 0 && missing !== null), [], "a gap that claims lines that are there");
  assert.deepEqual(failures, []);
  assert.deepEqual(warnings.filter(({ code }) => code === "INTERNAL"), []);
}

/** What came of the faults. @param {Proxy} proxy @param {import("../support/follow.mjs").Heard[]} heard */
function summary(proxy, heard) {
  const { accepted, struck, repeated } = proxy.counts();
  const sum = (/** @type {(each: import("../support/follow.mjs").Heard) => number} */ count) => heard.reduce((total, each) => total + count(each), 0);
  const of = (/** @type {string} */ source) => sum(({ sources }) => sources.filter((one) => one === source).length);
  const number = (/** @type {string} */ line) => Number(line.replace("line ", ""));
  return {
    connections: accepted,
    struck,
    repeated,
    live: of("live"),
    stored: of("history"),
    late: sum(({ lines }) => lines.filter((line, n) => n > 0 && number(line) < number(lines[n - 1])).length),
    reconnections: sum(({ connection }) => connection.filter(({ event }) => event === "reconnect").length),
    gaps: sum(({ gaps }) => gaps.length),
    unknown: sum(({ gaps }) => gaps.filter(({ missing }) => missing === null).length),
  };
}

/** What one asks first after a failure. @param {Plan} plan @param {Proxy} proxy @param {Tab[]} tabs */
async function describe(plan, proxy, tabs) {
  const words = [`\nalone: RESEARCH_SOCKET_SEEDS=${plan.seed}`, JSON.stringify(plan), JSON.stringify(proxy.counts())];
  for (const [n, tab] of tabs.entries()) {
    const told = await tab
      .evaluate(() => {
        const { heard, client } = /** @type {any} */ (window).run;
        return { heard, trace: client?.trace(), problems: /** @type {any} */ (window).problems };
      })
      .catch(String);
    if (typeof told === "string") {
      words.push(`tab ${n}: ${told}`);
      continue;
    }
    const file = path.join(os.tmpdir(), `seed-${plan.seed}-tab-${n}.trace`);
    await writeFile(file, told.trace ?? "");
    const { lines, sources, times, ...rest } = told.heard;
    words.push(`tab ${n}: ${file} ${JSON.stringify({ problems: told.problems, lines: lines.map((/** @type {string} */ line, /** @type {number} */ at) => `${sources[at][0]}${line.replace("line ", "")}`).join(" "), ...rest })}`);
  }
  return words.join("\n");
}

// A server that never stops, for a minute by the clock, and a page whose handlers take 5 ms each: what is left of the page's
// memory, of its time, and of its connection. tests/page/hostile sends a fixed amount instead, and holds it to limits.

import { parseArgs } from "node:util";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FLOODS, line, packetsOf } from "../page/hostile/floods.mjs";
import { startHostile } from "../page/hostile/server.mjs";
import { withPage } from "../page/support/browser.mjs";
import { until } from "../page/support/until.mjs";
import { startBrowser } from "../page/support/webdriver.mjs";
import { Meter } from "./support/meter.mjs";
import { table } from "./support/table.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    browsers: { type: "string", default: "chromium,firefox,webkit" },
    kinds: { type: "string" },
  },
});
const SECONDS = Number(values.seconds);
const ALL = "all in turn";
const KINDS = [ALL, ...Object.keys(FLOODS)].filter((kind) => !values.kinds || values.kinds.split(",").some((part) => kind.includes(part)));
const BROWSERS = values.browsers.split(",");
/** Milliseconds between two heartbeats. */
const HEARTBEAT = 5_000;
const LOOK = 1_000;
/** So long the page does nothing before: how late its timers are then is the machine's doing. */
const IDLE = 5_000;

const HEAD = ["browser, kind", "s", "MB sent", "packets", "handler calls", "lines", "MB of lines", "dropped", "wasm MiB", "heap MiB", "peak", "late ms idle", "late ms", "pong ms", "afterwards"];

test("a hostile server by the clock", async (t) => {
  /** @type {string[][]} */
  const rows = [];
  for (const kind of KINDS) {
    for (const name of BROWSERS) {
      await t.test(`${kind} in ${name}`, async (t) => {
        const row = [`${name}, ${kind}`, ...(await onPage(t, name, kind))];
        rows.push(row);
        // A run of all takes half an hour: whoever ends it has what was measured.
        console.log(row.join("  "));
      });
    }
  }
  console.log(`\n${table(HEAD, rows)}`);
});

/** A server, a browser and a page of its own. */
async function onPage(t, name, kind) {
  const server = await startHostile(t);
  if (name === "chromium") {
    let row;
    await withPage(server.url, { record: false }, async (page) => {
      const meter = await Meter.on(page);
      row = await measure(server, kind, (run) => page.evaluate(run), meter);
    });
    return row;
  }
  const browser = await startBrowser(t, name);
  await browser.goto(server.url);
  return measure(server, kind, (run) => browser.evaluate(run));
}

/** @param {(run: () => any) => Promise<any>} evaluate runs a function in the page @param {Meter} [meter] where the heap can be asked for */
async function measure(server, kind, evaluate, meter) {
  await until("the page has subscribed", () => server.received.some((packet) => packet.startsWith("42")), { within: 60_000 });
  await server.send(1, () => [line(0, "before")]);
  await until("the page hears a line", async () => (await evaluate(() => window.run.lines)).includes("before"));
  await evaluate(watch);
  await until("the page has looked", () => evaluate(() => window.run.wasm.now > 0));
  await sleep(IDLE);
  const idle = await evaluate(() => {
    const { late } = window.run;
    window.run.late = 0;
    return late;
  });
  const before = { wasm: await evaluate(() => window.run.wasm.now), heap: await meter?.heap() };

  const flood = new Flood(kind);
  const pongs = new Pongs(server);
  let peak = before.heap;
  const looks = meter && setInterval(async () => (peak = Math.max(peak, await meter.uncollected())), LOOK);
  const bytes = server.bytes;
  const since = performance.now();
  await server.sendFor(SECONDS * 1000, () => {
    const answer = flood.next();
    if (pongs.areDue()) answer.packets.unshift(pongs.ping());
    return answer;
  });
  const took = (performance.now() - since) / 1000;
  const sent = server.bytes - bytes;
  clearInterval(looks);

  const seen = await evaluate(() => {
    const { heard, characters, late, wasm } = window.run;
    return { heard, characters, late, wasm, dropped: window.run.stats().dropped };
  });
  const heap = await meter?.heap();
  const told = `${pongs.longest.toFixed(0)} (${pongs.answered} of ${pongs.asked})`;
  const afterwards = await lives(server, evaluate);
  const calls = Object.values(seen.heard).reduce((sum, calls) => sum + calls, 0);
  const wasm = [before.wasm, seen.wasm.now, seen.wasm.most].map(mib).join(" ");
  return [
    took.toFixed(1), mb(sent), flood.packets, calls, seen.heard.log ?? 0, mb(seen.characters), seen.dropped, wasm,
    meter ? `${mib(before.heap)} ${mib(heap)}` : "", meter ? mib(peak) : "", idle.toFixed(0), seen.late.toFixed(0), told, afterwards,
  ].map(String);
}

/** In the page: how late its timers are, and how large the module is. */
function watch() {
  const { run } = window;
  run.late = 0;
  run.wasm = { now: 0, most: 0 };
  const tick = () => {
    const due = performance.now() + 10;
    setTimeout(() => {
      run.late = Math.max(run.late, performance.now() - due);
      tick();
    }, 10);
  };
  tick();
  const look = () =>
    run.memory().then((bytes) => {
      run.wasm = { now: bytes, most: Math.max(run.wasm.most, bytes) };
    });
  look();
  setInterval(look, 1000);
}

/** Whether heartbeat and lines go on over the same session; else what does not. */
async function lives(server, evaluate) {
  const pongs = () => server.received.filter((packet) => packet === "3").length;
  const before = pongs();
  try {
    await server.send(1, () => ["2"]);
    await until("the heartbeat is answered", () => pongs() > before, { within: 60_000 });
    await evaluate(() => void (window.run.cost = 0));
    let sent = 0;
    const arrives = async () => {
      await server.send(1, () => [line((sent += 1), `after ${sent}`)]);
      return (await evaluate(() => window.run.lines)).some((words) => words.startsWith("after"));
    };
    await until("a line sent now is heard", arrives, { within: 60_000, every: 200 });
  } catch (error) {
    return String(error);
  }
  const { problems, connections, warnings } = await evaluate(() => {
    const { problems, connections, warnings } = window.run;
    return { problems, connections, warnings };
  });
  const other = warnings.filter((code) => code !== "page-too-slow");
  const wrong = [...problems, ...connections.slice(1), ...other, ...(server.sessions === 1 ? [] : [`${server.sessions} sessions`])];
  return wrong.length === 0 ? "live" : wrong.join(", ");
}

/** Answers of one kind, or of each kind in turn. */
class Flood {
  packets = 0;
  #floods;
  /** Answers of each so far. @type {Map<object, number>} */
  #answers = new Map();
  #turn = 0;

  constructor(kind) {
    this.#floods = kind === ALL ? Object.values(FLOODS) : [FLOODS[kind]];
  }

  next() {
    const flood = this.#floods[this.#turn % this.#floods.length];
    this.#turn += 1;
    const answer = this.#answers.get(flood) ?? 0;
    this.#answers.set(flood, answer + 1);
    this.packets += flood.each;
    return { packets: packetsOf(flood, answer), byByte: flood.byByte };
  }
}

/** Heartbeats amid everything else, and how long the page takes to answer. */
class Pongs {
  asked = 0;
  answered = 0;
  longest = 0;
  /** When those were sent that are not answered. @type {number[]} */
  #open = [];
  #last = -Infinity;

  constructor(server) {
    server.hear = (packet) => {
      if (packet !== "3" || this.#open.length === 0) return;
      this.answered += 1;
      this.longest = Math.max(this.longest, performance.now() - this.#open.shift());
    };
  }

  areDue() {
    return performance.now() - this.#last >= HEARTBEAT;
  }

  ping() {
    this.asked += 1;
    this.#last = performance.now();
    this.#open.push(this.#last);
    return "2";
  }
}

const mib = (bytes) => (bytes / 1024 / 1024).toFixed(1);
const mb = (bytes) => (bytes / 1e6).toFixed(1);

// README's picture that moves: the demo's recorded run, played on a clock that only the test moves. By hand, to make it anew:
// RESEARCH_SOCKET_KEEP=1 node --test tests/page/documents/picture.test.mjs

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { startServer } from "../../package/support/server.mjs";
import { withPage } from "../support/browser.mjs";
import { animation, chunksOf, cut } from "../support/moving.mjs";
import { packageFolder, ROOT } from "../support/places.mjs";
import { startHttp } from "../support/servers.mjs";
import { LIMIT } from "../support/until.mjs";

const KEPT = path.join(ROOT, "docs/demo.webp");
/** Its last frame, for who wants nothing that moves. */
const STILL = path.join(ROOT, "docs/demo.png");
const RECORDING = path.join(ROOT, "www/recorded.json");
/** README is loaded over slow networks, too. */
const MOST_BYTES = 400_000;

/** Of the recorded run, before the first frame and between two; how long each is seen, and the last one longer. In milliseconds. */
const FIRST_MS = 1000;
const STEP_MS = 5500;
const SEEN_MS = 800;
const LAST_MS = 4000;
const SIZE = { width: 900, height: 744 };
const BEGAN = new Date("2026-01-01T12:00:00Z");
/** Longer than a slow machine takes to load the page: until then the clock goes on by itself. */
const LOADING_MS = 3_600_000;

/** What the element says, once for each time that it says something else. @param {string[]} said */
const changes = (said) => said.filter((words, index) => words !== said[index - 1]);

test("the demo's recorded run is a picture that moves, from its beginning over an outage to its end", LIMIT, async (t) => {
  const recording = await readFile(RECORDING);
  const { told } = JSON.parse(recording.toString());
  const server = await startServer(t, { www: path.join(ROOT, "www"), pkg: packageFolder() });
  /** @type {{ png: Buffer, ms: number }[]} */
  const shots = [];
  /** @type {string[]} */
  const said = [];
  await withPage("about:blank", {}, async (page) => {
    await page.setViewportSize(SIZE);
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.clock.install({ time: BEGAN });
    await page.goto(`${server.url}/recorded.html`);
    await page.locator("#again:enabled").waitFor();
    // It plays from the beginning, and only as far as it is told to. What only that page has is left out, and the log is as high as fits.
    await page.addStyleTag({ content: "#title ~ .buttons { visibility: hidden } research-progress { --research-log-height: 10rem }" });
    await page.clock.pauseAt(new Date(BEGAN.getTime() + LOADING_MS));
    await page.evaluate(() => document.getElementById("again")?.click());
    const card = page.locator("main > section");
    for (let at = FIRST_MS; at <= told.at(-1)[0] + STEP_MS; at += STEP_MS) {
      await page.clock.runFor(at === FIRST_MS ? FIRST_MS : STEP_MS);
      const { x, y, width } = (await card.boundingBox()) ?? assert.fail("no card");
      shots.push({ png: await page.screenshot({ clip: { x, y, width, height: SIZE.height - y } }), ms: SEEN_MS });
      said.push(await page.evaluate(() => {
        const within = document.querySelector("research-progress")?.shadowRoot;
        const [status, connection] = [".status", ".connection-words"].map((part) => within?.querySelector(part)?.textContent);
        return `${status}, ${connection?.replace(/ in \d+ s$/, "")}`;
      }));
    }
    assert.ok(await page.locator("research-progress .row", { hasText: "came after the connection was back" }).count());
  });
  shots[shots.length - 1].ms = LAST_MS;
  // On this machine, since decoders of pictures are for secure contexts.
  const { url: blank } = await startHttp(t, (_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end('<link rel="icon" href="data:,">'));
  const picture = await inPage(blank, (page) => cut(page, shots));
  // Two pictures of the same have this in common, whatever browser has made them.
  const source = JSON.stringify({ recording: createHash("sha256").update(recording).digest("hex"), said: changes(said) });
  const file = animation(picture, source);

  assert.match(said[0], /^Queued, /);
  assert.ok(said.some((words) => words.includes("Reconnecting")), String(said));
  assert.match(said[said.length - 1], /^Completed, /);
  assert.ok(file.length <= MOST_BYTES, `${file.length} bytes`);
  await mkdir(path.join(ROOT, "target/demo"), { recursive: true });
  await writeFile(path.join(ROOT, "target/demo/demo.webp"), file);
  const still = shots[shots.length - 1].png;
  if (process.env.RESEARCH_SOCKET_KEEP) {
    await writeFile(KEPT, file);
    await writeFile(STILL, still);
  }

  const kept = await readFile(KEPT);
  assert.ok(kept.length <= MOST_BYTES, `${kept.length} bytes`);
  const made = chunksOf(kept).find(({ name }) => name === "MADE")?.content.toString();
  assert.equal(made, source, "docs/demo.webp shows another run: make it anew with RESEARCH_SOCKET_KEEP=1");
  const sizeOf = (/** @type {Buffer} */ png) => [png.readUInt32BE(16), png.readUInt32BE(20)];
  assert.deepEqual(sizeOf(await readFile(STILL)), sizeOf(still), "docs/demo.png shows another page: make it anew with RESEARCH_SOCKET_KEEP=1");
  // A browser takes it for what it is.
  const decoded = await inPage(blank, (page) =>
    page.evaluate(async (bytes) => {
      const { ImageDecoder } = /** @type {any} */ (window);
      const decoder = new ImageDecoder({ type: "image/webp", data: Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)) });
      await decoder.tracks.ready;
      const { frameCount, repetitionCount } = decoder.tracks.selectedTrack;
      const { image } = await decoder.decode({ frameIndex: frameCount - 1 });
      return { frameCount, repetitionCount, width: image.displayWidth };
    }, kept.toString("base64")),
  );
  const frames = chunksOf(kept).filter(({ name }) => name === "ANMF").length;
  assert.deepEqual(decoded, { frameCount: frames, repetitionCount: Infinity, width: picture.width });
  assert.ok(frames > 10, `${frames} frames`);
});

/** @template T @param {string} url @param {(page: import("playwright-core").Page) => Promise<T>} use @returns {Promise<T>} */
async function inPage(url, use) {
  /** @type {T | undefined} */
  let result;
  await withPage(url, {}, async (page) => void (result = await use(page)));
  return /** @type {T} */ (result);
}

// A site around one of the servers: pages that follow a research, a slow page to go to, and a download.

import http from "node:http";
import net from "node:net";
import { test } from "node:test";
import { bodyOf } from "./bodies.mjs";
import { FAILED_REQUEST, withPage } from "./browser.mjs";
import { startServer } from "./servers.mjs";
import { until } from "./until.mjs";
import { startBrowser } from "./webdriver.mjs";

/** @typedef {{ goto: (url: string) => Promise<unknown>, goBack: () => Promise<unknown>, evaluate: <T>(run: () => T) => Promise<T> }} Page */
/** @typedef {"chromium" | "firefox" | "webkit"} Name */

export const ID = "research-1";
/** How long the next page takes: as long as a busy server does. The page that is left lives on meanwhile. */
const SLOW_MS = 1000;
/** Before a browser knows that it is a download, the page has had time to do something wrong. */
const DOWNLOAD_MS = 500;

/** @param {string} path where the server answers @param {"polling" | "websocket"} [transport] */
const html = (path, transport = "polling") => `<!doctype html><meta charset="utf-8"><title>Page</title>
<a id="next" href="/next">next</a> <a id="file" href="/file">file</a> <div></div>
<script type="module">
  import { connect } from "/pkg/index.js";
  const heard = { told: [], lines: [], gaps: [] };
  const client = await connect({ path: "${path}", transports: ["${transport}"] });
  for (const event of ["disconnect", "connect_error", "reconnect_attempt", "reconnect"]) client.on(event, () => heard.told.push(event));
  client.on("state", ({ name }) => heard.told.push(name));
  const research = client.subscribe("${ID}");
  research.on("log", ({ message }) => heard.lines.push(message));
  research.on("gap", ({ missing }) => heard.gaps.push(missing));
  Object.assign(window, { client, heard });
  // What it was told until it was gone.
  addEventListener("pagehide", () => navigator.sendBeacon("/told", JSON.stringify(heard.told)));
  addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted));
</script>`;

/**
 * One of the servers, with a page, a frame around it, a slow page and a download before it.
 * @param {import("node:test").TestContext} t @param {"flask" | "asgi" | "node"} kind
 */
export async function startSite(t, kind) {
  const server = await startServer(t, kind, { page: true });
  const forbidden = (await fetch(server.url)).headers.get("content-security-policy");
  const policy = forbidden === null ? {} : { "Content-Security-Policy": forbidden };
  /** @type {string[]} */
  const handshakes = [];
  /** @type {Set<string>} */
  const goodbyes = new Set();
  /** @type {string[]} */
  const told = [];
  let left = 0;
  let downloads = 0;
  /** @param {http.ServerResponse} response @param {string} body @param {object} [headers] */
  const answer = (response, body, headers) => void response.writeHead(200, { "Content-Type": "text/html", "Cache-Control": "no-cache", ...policy, ...headers }).end(body);
  const site = http.createServer(async (request, response) => {
    const { method, headers, url = "" } = request;
    if (url === "/page") return answer(response, html(server.path));
    if (url === "/websocket") return answer(response, html(server.path, "websocket"));
    if (url === "/frame") return answer(response, '<!doctype html><title>Frame</title><a id="next" href="/next">next</a><iframe src="/page"></iframe>');
    if (url === "/next") return void setTimeout(answer, SLOW_MS, response, "<!doctype html><title>Next</title>");
    if (url === "/file") {
      response.on("finish", () => (downloads += 1));
      return void setTimeout(answer, DOWNLOAD_MS, response, "data", { "Content-Type": "application/octet-stream", "Content-Disposition": "attachment; filename=data.bin" });
    }
    const body = method === "POST" ? await bodyOf(request) : "";
    if (body === undefined) return;
    if (url === "/told") return (told.push(...JSON.parse(body)), (left += 1), answer(response, ""));
    const isSession = url.startsWith(`${server.path}/`);
    const sid = new URL(url, server.url).searchParams.get("sid");
    if (isSession && !sid) handshakes.push(url);
    if (isSession && sid && body.split("\x1e").includes("1")) goodbyes.add(sid);
    const forwarded = http.request(new URL(url, server.url), { method, headers, agent: false }, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers)));
    forwarded.on("error", () => response.destroy());
    // The server sees that the browser has ended a request.
    response.on("close", () => forwarded.destroy());
    forwarded.end(body);
  });
  site.on("upgrade", (request, socket, head) => {
    handshakes.push(request.url ?? "");
    const fields = Array.from({ length: request.rawHeaders.length / 2 }, (_, n) => `${request.rawHeaders[2 * n]}: ${request.rawHeaders[2 * n + 1]}`);
    const { hostname, port } = new URL(server.url);
    const forwarded = net.connect(Number(port), hostname);
    forwarded.write([`GET ${request.url} HTTP/1.1`, ...fields, "", ""].join("\r\n"));
    forwarded.write(head);
    for (const [one, other] of [[socket, forwarded], [forwarded, socket]]) one.on("error", () => other.destroy()).on("close", () => other.destroy()).pipe(other);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => (site.closeAllConnections(), site.close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (site.address());
  return { url: `http://127.0.0.1:${port}`, server, handshakes, goodbyes, told, left: () => left, downloads: () => downloads };
}

const KINDS = /** @type {const} */ (["flask", "asgi", "node"]);

/**
 * In each browser at each server.
 * @param {string} title @param {(page: Page, site: Awaited<ReturnType<typeof startSite>>, name: Name, kind: string) => Promise<void>} run
 * @param {readonly (typeof KINDS[number])[]} [kinds]
 */
export function inEach(title, run, kinds = KINDS) {
  for (const kind of kinds) {
    test(`${title} (chromium, ${kind})`, { timeout: 180_000 }, async (t) => {
      const site = await startSite(t, kind);
      await withPage("about:blank", { expected: [FAILED_REQUEST] }, (page) => run(/** @type {any} */ (page), site, "chromium", kind));
    });
    for (const name of /** @type {const} */ (["firefox", "webkit"])) {
      test(`${title} (${name}, ${kind})`, { timeout: 180_000 }, async (t) => {
        const site = await startSite(t, kind);
        await run(await startBrowser(t, name), site, name, kind);
      });
    }
  }
}

/** Opens a page and waits until it follows its research. @param {Page} page @param {Awaited<ReturnType<typeof startSite>>} site */
export async function open(page, { url, server }, path = "/page") {
  const before = (await server.stats()).subscriptions.length;
  await page.goto(url + path);
  await server.until("the page subscribes", ({ subscriptions }) => subscriptions.length > before);
  await until("it has heard so", () => page.evaluate(() => {
    const { client } = /** @type {any} */ (window.frames[0] ?? window);
    return client?.connected;
  }));
}

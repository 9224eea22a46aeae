// Loads the core: as WebAssembly, and as JavaScript, which is larger and slower, where the page forbids that or cannot have it.
// Proxies and extensions block it by its type, and servers that do not know the type answer with a page.

import { MOCK } from "../client/error.js";
import { importCore } from "./core.js";

/** How long the module may take to begin to come, in milliseconds: some proxies hold back what they look into. */
const ANSWERED_WITHIN_MS = 15_000;

/** What browsers compile while it comes. */
const WASM = "application/wasm";

/**
 * @param {object} engine of the glue
 * @param {() => URL | Uint8Array} wasm where the module is, or the module
 * @returns {Promise<{ runtime: "wasm" | "js", cause?: Error }>} what runs it; `cause`: why not WebAssembly, although it is allowed
 */
export async function load(engine, wasm) {
  let cause;
  if (engine.allowsWebAssembly()) {
    try {
      const module = locate(wasm);
      await engine.runWasm(module instanceof URL ? await request(module) : module);
      return { runtime: "wasm" };
    } catch (error) {
      cause = error;
    }
  }
  engine.runScript(await importCore().catch((error) => fail(error, cause)));
  return { runtime: "js", cause };
}

/** @param {() => URL | Uint8Array} wasm */
function locate(wasm) {
  try {
    return wasm();
  } catch (cause) {
    const words = "its address is not known. In a bundle that is no ES module, such as esbuild --format=iife makes, import research-socket/inline, which has the module within it";
    throw new Error(`${words} (${cause.message})`, { cause });
  }
}

/** @param {URL} address */
async function request(address) {
  // No browser fetches such a one, and no test runner.
  if (address.protocol === "file:") throw new Error(`${address} is a file that no server serves. ${MOCK}`);
  const response = await answerOf(address);
  if (!response.ok) throw new Error(`${address} is answered ${response.status}`);
  const type = response.headers.get("Content-Type");
  // Of another type it is no stream for the browser: the glue would try, and say on the console that it has failed.
  if (type === WASM) return response;
  // A parameter, which some servers add to each type, makes it another one.
  if (response.body && type?.toLowerCase().startsWith(`${WASM};`)) return new Response(response.body, { headers: { "Content-Type": WASM } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  // No text begins as WebAssembly does.
  if (bytes[0] !== 0) throw new Error(`${address} is answered with something else (${type})`);
  return bytes;
}

/** @param {URL} address */
async function answerOf(address) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`${address} is not answered within ${ANSWERED_WITHIN_MS / 1000} s`)), ANSWERED_WITHIN_MS);
  try {
    return await fetch(address, { signal: late.signal });
  } finally {
    clearTimeout(timer);
  }
}

function fail(error, cause) {
  throw cause ? new Error(`${cause.message}; ${error.message}`, { cause }) : error;
}

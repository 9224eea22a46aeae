// Loads the core: as WebAssembly, and as JavaScript, which is larger and slower, where the page forbids that or cannot have it.
// Proxies and extensions block it by its type, and servers that do not know the type answer with a page.

import { MOCK } from "../client/error.js";
import { importCore } from "./core.js";

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
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} is answered ${response.status}`);
  const type = response.headers.get("Content-Type");
  // Of another type it is no stream for the browser: the glue would try, and say on the console that it has failed.
  if (type === "application/wasm") return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  // No text begins as WebAssembly does.
  if (bytes[0] !== 0) throw new Error(`${address} is answered with something else (${type})`);
  return bytes;
}

function fail(error, cause) {
  throw cause ? new Error(`${cause.message}; ${error.message}`, { cause }) : error;
}

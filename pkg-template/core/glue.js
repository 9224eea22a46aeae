// What is shipped as research_socket.js: the generated glue of that name, with the timers and the runtime that the build puts
// into it, and what loads the core.

import init, { initSync } from "./research_socket.js";
import { Script, allowsWebAssembly, useScripts } from "./runtime.js";

export { Connection, default, __wbg_reset_state as reset } from "./research_socket.js";
export { timers } from "./timers.js";

/**
 * Loads the core, unless it is there: as WebAssembly, and where the page forbids that as JavaScript, which is larger and slower.
 * @param {() => URL | Uint8Array} wasm where the module is, or the module
 * @param {() => Promise<(imports: object) => Record<string, any>>} importCore fetches the JavaScript
 * @returns {Promise<"wasm" | "js">} which one it is
 */
export async function load(wasm, importCore) {
  if (allowsWebAssembly()) {
    await init({ module_or_path: wasm() });
    return "wasm";
  }
  const script = new Script(await importCore());
  useScripts();
  initSync({ module: script });
  return "js";
}

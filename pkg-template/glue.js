// What is shipped as research_socket.js: the generated glue of that name, with the timers and the runtime that the build puts
// into it, and what loads the core.

import init, { initSync } from "./research_socket.js";
import { Script, allowsWebAssembly, useScripts } from "./runtime.js";

export { Connection, default, __wbg_reset_state as reset } from "./research_socket.js";
export { timers } from "./timers.js";

/** How often the core could not be imported. */
let failures = 0;

/**
 * Firefox never asks again for a module that could not be had, but does for one with another address. Bundlers give the core an
 * address that is not known here; there a reload of the page has to do.
 */
async function importCore() {
  try {
    return await import("./research_socket_core.js");
  } catch (error) {
    failures += 1;
    if (failures === 1) throw error;
    // Not within `new URL`, where bundlers would look for such a file.
    const here = import.meta.url;
    const again = new URL(`./research_socket_core.js?again=${failures}`, here);
    return import(/* @vite-ignore */ /* webpackIgnore: true */ again.href).catch(() => {
      throw error;
    });
  }
}

/**
 * Loads the core, unless it is there: as WebAssembly, and where the page forbids that as JavaScript, which is larger and slower.
 * @param {() => URL | Uint8Array} wasm where the module is, or the module
 * @returns {Promise<"wasm" | "js">} which one it is
 */
export async function load(wasm) {
  if (allowsWebAssembly()) {
    await init({ module_or_path: wasm() });
    return "wasm";
  }
  const { default: instantiate } = await importCore();
  useScripts();
  initSync({ module: new Script(instantiate) });
  return "js";
}

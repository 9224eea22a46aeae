// What is shipped as research_socket.js: the generated glue of that name, with the timers and the runtime that the build puts
// into it.

import init, { initSync } from "./research_socket.js";
import { Script, allowsWebAssembly, useScripts } from "./runtime.js";

export { Connection, default, __wbg_reset_state as reset } from "./research_socket.js";
export { timers } from "./timers.js";

/** What runs the core, once load.js has it. */
export const engine = {
  allowsWebAssembly,
  /** @param {Response | BufferSource | Promise<Response | BufferSource>} module what it is, or what gives it */
  runWasm: (module) => init({ module_or_path: module }),
  /** @param {(imports: object) => Record<string, any>} instantiate */
  runScript: (instantiate) => {
    useScripts();
    initSync({ module: new Script(instantiate) });
  },
};

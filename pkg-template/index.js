// research-socket: follows a research on a Socket.IO server. Importing does nothing; `connect` begins.

import { browser } from "./browser.js";
import { createConnect } from "./connect.js";
import { importCore } from "./core.js";
import { Connection, load, reset, timers } from "./research_socket.js";

export { ResearchSocketError } from "./error.js";

// Written so that bundlers find the file.
const init = () => load(() => new URL("./research_socket_bg.wasm", import.meta.url), importCore);

export const connect = /* @__PURE__ */ createConnect({ init, reset, timers, Connection, browser });

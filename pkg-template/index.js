// research-socket: follows a research on a Socket.IO server. Importing does nothing; `connect` begins.

import { createConnect } from "./client/connect.js";
import { browser } from "./core/browser.js";
import { importCore } from "./core/core.js";
import { Connection, load, reset, timers } from "./research_socket.js";

export { ResearchSocketError } from "./client/error.js";

// Written so that bundlers find the file.
const init = () => load(() => new URL("./research_socket_bg.wasm", import.meta.url), importCore);

export const connect = /* @__PURE__ */ createConnect({ init, reset, timers, Connection, browser });

// research-socket: follows a research on a Socket.IO server. Importing does nothing; `connect` begins.

import { createConnect } from "./client/connect.js";
import { browser } from "./core/browser.js";
import { load } from "./core/load.js";
import { Connection, engine, reset, timers } from "./research_socket.js";

export { ResearchSocketError } from "./client/error.js";

// Written so that bundlers find the file.
const init = () => load(engine, () => new URL("./research_socket_bg.wasm", import.meta.url));

export const connect = /* @__PURE__ */ createConnect({ init, reset, timers, Connection, browser });

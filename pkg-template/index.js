// research-socket: follows a research on a Socket.IO server. Importing does nothing; `connect` begins.

import { browser } from "./browser.js";
import { createConnect } from "./connect.js";
import init, { Connection, reset, timers } from "./research_socket.js";

export { ResearchSocketError } from "./error.js";

export const connect = /* @__PURE__ */ createConnect({ init: () => init(), reset, timers, Connection, browser });

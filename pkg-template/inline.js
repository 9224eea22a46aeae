// research-socket with the WebAssembly module in the same file, for pages that want no second request.

import { createConnect } from "./client/connect.js";
import { browser } from "./core/browser.js";
import { load } from "./core/load.js";
import { Connection, engine, reset, timers } from "./research_socket.js";
// The build puts the module here as base64.
import module from "./research_socket_bg.wasm";

export { ResearchSocketError } from "./client/error.js";

// `fetch` of a data URL would be the shorter way, and is what `connect-src 'self'` forbids.
const init = () => load(engine, () => Uint8Array.from(atob(module), (char) => char.charCodeAt(0)));

export const connect = /* @__PURE__ */ createConnect({ init, reset, timers, Connection, browser });

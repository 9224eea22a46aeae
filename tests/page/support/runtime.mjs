// Which version of the core the pages of a run have: the servers forbid WebAssembly for the one that is JavaScript.

/** From RESEARCH_SOCKET_RUNTIME; else `wasm`. @type {"wasm" | "js"} */
export const RUNTIME = process.env.RESEARCH_SOCKET_RUNTIME === "js" ? "js" : "wasm";

const FILES = { wasm: "research_socket_bg.wasm", js: "research_socket_core.js" };

/** The file of the core that these pages load. */
export const CORE = FILES[RUNTIME];

/** The one that they must not ask for. */
export const OTHER_CORE = FILES[RUNTIME === "js" ? "wasm" : "js"];

// What is shipped as research_socket.js: the generated glue of that name, with the timers that the build puts into it.

export { Connection, default, __wbg_reset_state as reset } from "./research_socket.js";
export { timers } from "./timers.js";

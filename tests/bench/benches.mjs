// All benches, by their names.

import * as backlog from "./backlog.mjs";
import * as burst from "./burst.mjs";
import * as cumulative from "./cumulative.mjs";
import * as firstLine from "./first-line.mjs";
import * as idle from "./idle.mjs";
import * as latency from "./latency.mjs";
import * as logView from "./log-view.mjs";
import * as memory from "./memory.mjs";
import * as oldPage from "./old-page.mjs";
import * as parts from "./parts.mjs";
import * as restart from "./restart.mjs";
import * as tabs from "./tabs.mjs";

/** @type {Record<string, import("./support/rows.mjs").Bench>} */
export const BENCHES = { "first-line": firstLine, burst, parts, backlog, "old-page": oldPage, "log-view": logView, cumulative, latency, memory, idle, restart, tabs };

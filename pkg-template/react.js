"use client";
// research-socket/react: a research as the state of a React component.

import { connect } from "./index.js";
import { createHooks } from "./react/hooks.js";

export { createHooks };

export const { useResearch, useResearchLog, useConnection, useSuspenseResearch } = /* @__PURE__ */ createHooks(connect);

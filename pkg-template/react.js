"use client";
// research-socket/react: a research as the state of a React component.

import { connect } from "./index.js";
import { createUseResearch } from "./react/hook.js";

export { createUseResearch };

export const useResearch = /* @__PURE__ */ createUseResearch(connect);

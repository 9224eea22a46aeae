// research-socket/vue: a research as refs for a Vue component.

import { connect } from "./index.js";
import { createComposables } from "./vue/composables.js";

export { createComposables };

export const { useResearch, useResearchLog, useConnection } = /* @__PURE__ */ createComposables(connect);

// research-socket/element: <research-progress>. Importing defines it; without a page, as on a server that renders it, it does nothing.

import { createResearchProgress } from "./element/progress.js";
import { connect } from "./index.js";

export const ResearchProgress = createResearchProgress(connect);

// A page may load this file twice, by two addresses.
if (globalThis.customElements && !customElements.get("research-progress")) customElements.define("research-progress", ResearchProgress);

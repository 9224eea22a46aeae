// research-socket/list: <research-list>. Importing defines it; without a page, as on a server that renders it, it does nothing.

import { createResearchList } from "./element/list.js";
import { connect } from "./index.js";

export const ResearchList = createResearchList(connect);

// A page may load this file twice, by two addresses.
if (globalThis.customElements && !customElements.get("research-list")) customElements.define("research-list", ResearchList);

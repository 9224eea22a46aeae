// research-socket/svelte: a research as a store for Svelte components.

import { connect } from "./index.js";
import { createStores } from "./svelte/stores.js";

export { createStores };

export const { research, researchLog, connection } = /* @__PURE__ */ createStores(connect);

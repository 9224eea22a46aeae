// What research-socket/vue allows and refuses. Compiled, never run.

import { connect } from "research-socket";
import { createComposables, useConnection, useResearch, useResearchLog } from "research-socket/vue";
import { ref } from "vue";

const id = ref<string | null>(null);
const research = useResearch(id, () => ({ timeout: 5000 }));
const percent: number | null = research.value.state.progress;
const [line] = useResearchLog(() => id.value, { tail: 20, level: "error" }).value;
console.log(percent, line?.message, useConnection().value.connection.name);
createComposables((options) => connect({ ...options })).useResearch(7).value.research?.refresh();

// @ts-expect-error: an id is needed, though it may be null
useResearch();
// @ts-expect-error: what is shown cannot be changed
research.value = research.value;
// @ts-expect-error: no such level
useResearchLog(id, { level: "loud" });

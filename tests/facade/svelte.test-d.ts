// What research-socket/svelte allows and refuses. Compiled, never run.

import { connect } from "research-socket";
import { connection, createStores, research, researchLog } from "research-socket/svelte";
import { get, type Readable } from "svelte/store";

const progress = research("research-12345", { timeout: 5000 });
const percent: number | null = get(progress).state.progress;
// Svelte's own word for what can be read and not set.
const lines: Readable<readonly { readonly message: string }[]> = researchLog(7, { tail: 20, level: "error" });
console.log(percent, get(lines)[0]?.message, get(connection()).connection.name);
createStores((options) => connect({ ...options })).research(7).subscribe(({ research }) => research?.refresh())();

// @ts-expect-error: an id is needed, though it may be null
research();
// @ts-expect-error: nobody sets it
progress.set(get(progress));
// @ts-expect-error: no such level
researchLog(7, { level: "loud" });

// What templates of Vue know of the elements. Compiled, never run.

import type { GlobalComponents } from "vue";
import type { End } from "research-socket";
import type { ListedResearch } from "research-socket/list";
import "research-socket/element";

declare const progress: InstanceType<GlobalComponents["research-progress"]>;
declare const list: InstanceType<GlobalComponents["research-list"]>;

progress.goToLine(1);
const props: typeof progress.$props = { "research-id": 7, "page-title": "", timeline: "", notify: "", filter: "error", class: "wide", key: "progress" };
props.onResearchEnd = ({ detail }) => console.log(detail.status);
const ended: ((event: CustomEvent<End>) => void) | undefined = props.onResearchEnd;
const researches: readonly ListedResearch[] | null | undefined = list.$props.researches;
const lists: typeof list.$props = { researches: ["a", { id: 7, title: "Wind" }], href: "/progress/{id}", onResearchRefusal: ({ detail: { id, refusal } }) => console.log(id, refusal) };
console.log(ended, researches, lists);

// @ts-expect-error: no such filter
props.filter = "errors";
// @ts-expect-error: a research has an id
lists.researches = [{ title: "Wind" }];
// @ts-expect-error: no such field
props.onResearchEnd = ({ detail }) => console.log(detail.reason);

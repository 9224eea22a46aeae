// What research-socket/list allows and refuses. Compiled, never run.

import { connect } from "research-socket";
import { ResearchList, type ListedResearch, type ResearchListEvents } from "research-socket/list";

const list: ResearchList = document.createElement("research-list");
const of: readonly ListedResearch[] = ["research-12345", 7, { id: 8 }, { id: "r", title: "Tidal power" }];
list.researches = of;
list.researches = null;
const first: ListedResearch | undefined = list.researches[0];
list.options = { history: false, maxLogs: 0 };
list.texts = { researches_none: "Nothing is running" };
list.client = await connect();
list.addEventListener("research-end", ({ detail }) => console.log(detail.id, detail.status, first));
list.addEventListener("research-refusal", ({ detail: { id, refusal } }) => console.log(id, refusal === "unauthorized"));
list.addEventListener("click", () => list.remove());
const heard: keyof ResearchListEvents = "research-error";
console.log(heard, document.querySelector("research-list")?.researches.length);

// @ts-expect-error: a research has an id
list.researches = [{ title: "Tidal power" }];
// @ts-expect-error: the element says how long it lasts
list.options = { signal: new AbortController().signal };
// @ts-expect-error: it has no such field
list.addEventListener("research-end", ({ detail }) => console.log(detail.reason));

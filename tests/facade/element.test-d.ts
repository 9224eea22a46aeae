// What research-socket/element allows and refuses. Compiled, never run.

import { connect } from "research-socket";
import { ResearchProgress, type ProgressFilter } from "research-socket/element";

const element: ResearchProgress = document.createElement("research-progress");
element.researchId = 7;
element.researchId = null;
const id: string | null = element.researchId;
const filter: ProgressFilter = element.filter;
element.filter = "error";
element.order = "newest";
element.order = null;
Object.assign(element, { timeline: element.notify, wrap: element.collapsed });
const groups: "open" | "closed" | null = element.groups;
element.groups = groups === null ? true : "closed";
element.groups = false;
element.options = { url: "https://research.example.org", auth: async () => ({ token: "t" }) };
element.texts = { live: "Connected" };
element.goToLine(12, 20);
const client = await connect();
element.client = client;
element.research = client.subscribe("research-12345");
element.addEventListener("research-end", ({ detail }) => console.log(detail.status, id, filter));
element.addEventListener("click", () => (element.following = false));
document.querySelector("research-progress")?.goToLine(1);

// @ts-expect-error: no such order
element.order = "descending";
// @ts-expect-error: groups are not shut
element.groups = "shut";
// @ts-expect-error: a button is there or not
element.notify = "always";
// @ts-expect-error: no such filter
element.filter = "errors";
// @ts-expect-error: the element says how long it lasts
element.options = { signal: new AbortController().signal };
// @ts-expect-error: a text is a string
element.texts = { live: 7 };
// @ts-expect-error: it has no such field
element.addEventListener("research-end", ({ detail }) => console.log(detail.reason));

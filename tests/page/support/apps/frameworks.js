// A component of Vue and one of Svelte, with what the package has for them.

import { mount, unmount } from "svelte";
import { createApp, h, ref, watch } from "vue";
import { connection, research, researchLog } from "research-socket/svelte";
import { useConnection, useResearch, useResearchLog } from "research-socket/vue";
import Progress from "./progress.svelte";

const target = document.querySelector("main");
const text = ({ state: { id, progress } }, lines, { connection: { name } }) => `${id}: ${progress ?? "unknown"}, ${lines.length} lines, ${name}`;

window.apps = {
  vue(first) {
    const id = ref(first);
    // What a page follows can change.
    window.follow = (next) => (id.value = next);
    const app = createApp({
      setup() {
        const [research, lines, network] = [useResearch(id), useResearchLog(() => id.value, { tail: 12 }), useConnection()];
        return () => h("p", text(research.value, lines.value, network.value));
      },
    });
    app.mount(target);
    return () => app.unmount();
  },
  svelte(id) {
    const component = mount(Progress, { target, props: { id, text } });
    return () => unmount(component);
  },
};

/** How often each part has changed since it was there. */
const counted = () => (window.changes = { research: 0, log: 0, connection: 0 });

/** Without a component's own rendering, of which a framework makes one of several changes. */
window.parts = {
  vue(id) {
    const changes = counted();
    const app = createApp({
      setup() {
        const parts = { research: useResearch(id), log: useResearchLog(id), connection: useConnection() };
        window.historyRead = () => parts.research.value.state.historyRead;
        for (const [name, part] of Object.entries(parts)) watch(part, () => (changes[name] += 1), { flush: "sync" });
        return () => h("p", Object.keys(parts).join());
      },
    });
    app.mount(target);
  },
  svelte(id) {
    const changes = counted();
    for (const [name, part] of Object.entries({ research: research(id), log: researchLog(id), connection: connection() })) {
      let isFirst = true;
      part.subscribe((value) => {
        if (name === "research") window.historyRead = () => value.state.historyRead;
        // What is there is told at once.
        if (!isFirst) changes[name] += 1;
        isFirst = false;
      });
    }
  },
};

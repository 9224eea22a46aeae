// A component of Vue and one of Svelte, with what the package has for them.

import { mount, unmount } from "svelte";
import { createApp, h, ref } from "vue";
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

// The README's examples for Vue and Svelte, in a component of each.

import { mount, unmount } from "svelte";
import { createApp, h } from "vue";
import { useResearch } from "readme:vue";
import Progress from "./progress.svelte";

const target = document.querySelector("main");
const text = ({ id, progress, logs }) => `${id}: ${progress ?? "unknown"}, ${logs.length} lines`;

window.apps = {
  vue(id) {
    const app = createApp({
      setup() {
        const state = useResearch(id);
        return () => h("p", state.value ? text(state.value) : "loading");
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

// The elements as components of React and Vue have them: attributes, properties and events.

import { createRoot } from "react-dom/client";
import { createApp, h } from "vue";

window.apps = {
  react(target, { researches, client, heard }) {
    const root = createRoot(target);
    root.render(
      <research-list researches={researches} client={client} href="/r/{id}" onresearch-end={({ detail }) => heard(detail.id)}>
        <h2 slot="heading">React</h2>
      </research-list>,
    );
    return () => root.unmount();
  },
  vue(target, { researches, client, heard }) {
    const app = createApp({
      render: () => h("research-list", { researches, client, href: "/r/{id}", onResearchEnd: ({ detail }) => heard(detail.id) }, [h("h2", { slot: "heading" }, "Vue")]),
    });
    app.mount(target);
    return () => app.unmount();
  },
};

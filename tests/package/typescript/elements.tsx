// The elements in JSX of React 19. Never run, only compiled.

import type { Client } from "research-socket";
import "research-socket/element";
import type { ResearchProgress } from "research-socket/element";
import "research-socket/list";

declare const client: Client;
declare const heard: (text: string) => void;

export const page = (
  <main>
    <research-progress
      className="wide"
      style={{ inlineSize: "40rem" }}
      research-id={7}
      page-title
      timeline
      notify=""
      filter="error"
      client={client}
      texts={{ live: "Connected" }}
      ref={(element: ResearchProgress | null) => element?.goToLine(1)}
      onresearch-end={({ detail }) => heard(detail.status)}
      onClick={() => heard("click")}
    >
      <h2 slot="heading">Tidal power</h2>
    </research-progress>
    <research-list key="list" researches={["a", { id: 7, title: "Wind" }]} href="/progress/{id}" timeline options={{ history: false }} onresearch-end={({ detail }) => heard(`${detail.id} ${detail.status}`)} />
  </main>
);

// @ts-expect-error: no such filter
export const wrong = <research-progress filter="errors" />;
// @ts-expect-error: no such attribute
export const unknown = <research-progress research="7" />;
// @ts-expect-error: a research has an id
export const nameless = <research-list researches={[{ title: "Wind" }]} />;
// @ts-expect-error: no such field
export const field = <research-list onresearch-end={({ detail }) => heard(detail.reason)} />;

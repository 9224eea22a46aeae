/// <reference lib="dom" />

/**
 * Many researches as people look at them: a row for each, on one connection, as a custom element.
 *
 * ```html
 * <script type="module" src="/static/research-socket/list.js"></script>
 * <research-list research-ids="research-12345 research-12346" href="/progress/{id}"></research-list>
 * ```
 *
 * Importing defines the element. On a server that renders the page it does nothing.
 *
 * @module research-socket/list
 */

import type { ConnectionAttributes, JsxProps, VueProps } from "./element.js";
// @ts-ignore: only where it is installed; nothing else refers to it
import type { HTMLAttributes as VueAttributes, PublicProps } from "vue";
import type { Client, ConnectionState, ConnectOptions, End, Failure, Refusal, ResearchEvents, ResearchId, ResearchSocketError } from "./index.js";

/**
 * `<research-list>`. Those that run come first, then those that run and are silent for two minutes, those that wait, and those that have
 * ended, the last one first. A row that is busy stays where it is, and none moves while somebody points at the list or is in it with
 * the keyboard. All that it shows is text, whoever wrote it, and its policy is that of `<research-progress>`.
 *
 * A row has what the research is called, which is a link; its status, percentage and bar; what it is doing, or why it failed; and how
 * old that is. It is called as the page says, else by its query, if the server tells that, else by its id.
 *
 * All lists and `<research-progress>` elements of a page share one connection, by the rules of `connect()`.
 *
 * Attributes: `research-ids`, with spaces or commas between them; `href` of the links (`/progress/{id}`), an empty one for none;
 * `timeline`, with which each row has what the research did when (with `options = { history: false }` only since the page was opened);
 * `sign-in-href` (none); `url`, `path` and `namespace` of `connect()`; `lang`; `theme`. The last three, the CSS custom properties and most
 * parts are those of `<research-progress>`; parts of its own are `list`, `research`, `title`, `strip` and `fresh`. Slots: `heading`, `sign-in`,
 * and `empty` for what stands there when there is no research.
 *
 * @example
 * const list = document.querySelector("research-list");
 * list.researches = [{ id: "research-12345", title: "Tidal power" }, "research-12346"];
 * list.addEventListener("research-end", ({ detail }) => console.log(detail.id, detail.status));
 */
export class ResearchList extends HTMLElement {
  /** What is listed. It begins with those of `research-ids`; of the two the one that was set last counts. */
  get researches(): readonly ListedResearch[];
  /** See its value. */
  set researches(researches: readonly ListedResearch[] | null | undefined);
  /** Whether each row has what the research did when. The same as the attribute. */
  timeline: boolean;
  /** What they are followed with. One that is given stays the page's: it is not closed, and nothing is unsubscribed from. */
  get client(): Client | null;
  /** See its value. */
  set client(client: Client | null | undefined);
  /** Of `connect()`, where no client is given. */
  get options(): Omit<ConnectOptions, "signal"> | undefined;
  /** See its value. */
  set options(options: Omit<ConnectOptions, "signal"> | null | undefined);
  /**
   * Words in the place of the element's own, by their keys in `element/words.js`. `{name}` stands for a value; of `one|many` the
   * first is for one.
   *
   * @example list.texts = { researches_none: "Nothing is running" };
   */
  get texts(): Readonly<Record<string, string>> | undefined;
  /** See its value. */
  set texts(texts: Readonly<Record<string, string>> | null | undefined);

  /** Events of the element have their own `detail`. */
  addEventListener<E extends keyof ResearchListEvents>(type: E, listener: (this: ResearchList, event: CustomEvent<ResearchListEvents[E]>) => void, options?: boolean | AddEventListenerOptions): void;
  /** All others. */
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
  /** As {@link addEventListener}. */
  removeEventListener<E extends keyof ResearchListEvents>(type: E, listener: (this: ResearchList, event: CustomEvent<ResearchListEvents[E]>) => void, options?: boolean | EventListenerOptions): void;
  /** All others. */
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | EventListenerOptions): void;
}

/** A research of the list: its id, or with what it is called there. */
export type ListedResearch = ResearchId | NamedResearch;

/** A research with what it is called. */
export interface NamedResearch {
  /** As for `subscribe()`. */
  readonly id: ResearchId;
  /** In the place of its query or id. */
  readonly title?: string | undefined;
}

/** Which research an event of the list is about. */
export interface OfResearch {
  /** Always a string. */
  readonly id: string;
}

/** What each event of the list has as its `detail`. They bubble, also out of shadow trees. */
export interface ResearchListEvents {
  /** The status of a research has changed. */
  "research-status": ResearchEvents["status"] & OfResearch;
  /** Something failed on the server. */
  "research-failure": Failure & OfResearch;
  /** The server does not show a research to this page any more; `refusal: null`: it does again. */
  "research-refusal": OfResearch & {
    /** Why. */
    readonly refusal: Refusal | null;
  };
  /** The end of a research, once for each. */
  "research-end": End & OfResearch;
  /** The connection is doing otherwise. */
  "research-connection": ConnectionState;
  /** `connect()` has failed or refuses what it was given, or an id is none. */
  "research-error": ResearchSocketError | TypeError | RangeError;
}

/** Attributes, as markup and frameworks have them. */
export interface ResearchListAttributes extends ConnectionAttributes {
  /** What is listed, with spaces or commas between them. */
  "research-ids"?: string | undefined;
  /** Where a research is; `{id}` stands for its id. */
  href?: string | undefined;
  /** Each row has what the research did when. */
  timeline?: boolean | "" | undefined;
}

/** Properties that frameworks set as they are. */
export interface ResearchListProperties {
  /** As {@link ResearchList.researches}. */
  researches?: readonly ListedResearch[] | null | undefined;
  /** As {@link ResearchList.client}. */
  client?: Client | null | undefined;
  /** As {@link ResearchList.options}. */
  options?: Omit<ConnectOptions, "signal"> | null | undefined;
  /** As {@link ResearchList.texts}. */
  texts?: Readonly<Record<string, string>> | null | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    "research-list": ResearchList;
  }
}

// @ts-ignore: only where its types are installed
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      // @ts-ignore: as above
      "research-list": JsxProps<ResearchListAttributes & ResearchListProperties, ResearchListEvents> & DetailedHTMLProps<HTMLAttributes<ResearchList>, ResearchList>;
    }
  }
}

// @ts-ignore: only where it is installed
declare module "vue" {
  interface GlobalComponents {
    "research-list": new () => ResearchList & { $props: VueProps<ResearchListAttributes & ResearchListProperties, ResearchListEvents> & VueAttributes & PublicProps };
  }
}

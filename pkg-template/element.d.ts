/// <reference lib="dom" />

/**
 * A research as people look at it: progress, connection, log and end, as a custom element.
 *
 * ```html
 * <script type="module" src="/static/research-socket/element.js"></script>
 * <research-progress research-id="research-12345" sign-in-href="/login" page-title></research-progress>
 * ```
 *
 * Importing defines the element. On a server that renders the page it does nothing.
 *
 * @module research-socket/element
 */

// @ts-ignore: only where it is installed; nothing else refers to it
import type { HTMLAttributes as VueAttributes, PublicProps } from "vue";
import type { Client, ConnectionState, ConnectOptions, End, Failure, Gap, Refusal, Research, ResearchEvents, ResearchId, ResearchSocketError, ResearchState } from "./index.js";

/**
 * `<research-progress>`. All that it shows is text, whoever wrote it. Styles are constructed style sheets, so a policy without
 * `'unsafe-inline'` allows them, and so do enforced Trusted Types.
 *
 * Attributes: `research-id`; `url`, `path` and `namespace` of `connect()`; `filter`; `order` (`oldest`, or `newest` first); `collapsed`, with which the log is; `wrap`, with which its long lines are wrapped; `lang` (English and German are included; without it
 * that of the page); `theme` (`light` or `dark`; without it the page's own `color-scheme`); `line-prefix`; `page-title` and `page-icon`, with
 * which the page's title and icon show the progress until the end; `timeline`, with which what it did when is drawn above the log; `groups`, with
 * which the lines between two milestones are a group that can be closed, and are closed once it is over with `groups="closed"`; `notify`, with which a button asks for a notification at the end, and a toast says it where there can be none; `sign-in-href` (none), `result-href` (`/results/{id}`) and `new-href`
 * (`/`) for its links, of which an empty one is not shown.
 *
 * CSS custom properties: `--research-text`, `-muted`, `-background`, `-raised`, `-border`, `-control-border`, `-accent`, `-good`,
 * `-warning`, `-error`, `-mark`, `-selected`, `-font`, `-log-font`, `-log-height`, `-row-height`. Parts are called as the classes
 * within: `status`, `bar`, `task`, `log`, `row`, `row-error` and so on. Slots: `heading`, `actions`, `sign-in`, `end`.
 *
 * The log has a button that collapses it, and sets or removes the attribute `collapsed`. Collapsed, it says how many lines there are, and how many errors have
 * come since; only errors are announced. Opened again, one is at the same line. A line that an address names, {@link goToLine} and the timeline open it.
 *
 * A line is one row that is cut, and is shown in full below the list with Enter or a click. With `wrap`, which a button sets and removes too, a row is
 * as high as its words need, up to 1,000 characters of them.
 *
 * The toast is there where the browser has no notifications (as in an insecure page), does not allow them, or lets no page show one. It takes no focus, stays until the page was seen for ten
 * seconds without anybody being at it, and can be closed, also with Escape. Of several in a page one is there at a time. Of a research that was over before there is none.
 *
 * In the timeline: left and right, Home and End lead through phases, search engines and errors, Enter to the line of the log. It is that of
 * {@link Research.timeline}, by the server's clock, with {@link ResearchState.estimatedTimeLeft} beside it. Marks that would lie on one
 * another are one. Before the server has said a phase, milestones of the log stand for phases.
 *
 * In the list of lines: arrows, Page Up, Page Down, Home and End move, with Shift they select; `n` and `p` go to the next and the
 * previous error, Enter shows a line in full, `/` searches, Ctrl+C copies; with `groups` left closes the group of a line and leads to its
 * milestone, and right opens it (from right to left the other way round). What is searched for, the next error and a line that an address names open their group. `#L12` and `#L12-L20` in the page's address lead to lines,
 * by the numbers that stand before them.
 *
 * @example
 * document.querySelector("research-progress").addEventListener("research-end", ({ detail }) => console.log(detail.status));
 */
export class ResearchProgress extends HTMLElement {
  /** What is followed. The same as the attribute `research-id`. */
  get researchId(): string | null;
  /** See its value. */
  set researchId(id: ResearchId | null | undefined);
  /**
   * The one that is shown. To give one instead of an id leaves it the page's: it is not unsubscribed from. Of its connection the
   * element tells only if it is given the `client` too.
   */
  get research(): Research | null;
  /** See its value. */
  set research(research: Research | null | undefined);
  /** What it is followed with. One that is given stays the page's: it is not closed, and nothing is unsubscribed from. */
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
   * @example element.texts = { status_in_progress: "Busy", quiet: "Silent for {n} minute|Silent for {n} minutes" };
   */
  get texts(): Readonly<Record<string, string>> | undefined;
  /** See its value. */
  set texts(texts: Readonly<Record<string, string>> | null | undefined);
  /** Which lines are shown. The same as the attribute, which the buttons of the log set too; what is no filter is `all`. */
  get filter(): ProgressFilter;
  /** See its value. */
  set filter(filter: ProgressFilter | null);
  /** Whether the newest line is the last or the first one. The same as the attribute, which a button of the log sets too. */
  get order(): "oldest" | "newest";
  /** See its value. */
  set order(order: "oldest" | "newest" | null);
  /** Whether what it did when is drawn above the log. The same as the attribute. */
  timeline: boolean;
  /** Whether the lines between two milestones are a group, and how it is once it is over; `null`: there are none. The same as the attribute. */
  get groups(): "open" | "closed" | null;
  /** See its value; `true` is `open`, `false` is `null`. */
  set groups(groups: "open" | "closed" | "" | boolean | null | undefined);
  /** Whether a button asks for a notification at the end, or a toast says it where there can be none. The same as the attribute. */
  notify: boolean;
  /** Whether the log is collapsed. The same as the attribute; the button of the log changes it too. */
  collapsed: boolean;
  /** Whether long lines are wrapped, not cut. The same as the attribute; a button of the log changes it too. */
  wrap: boolean;
  /** Whether the newest line stays in view. It ends when one scrolls away from it, and begins again there. */
  following: boolean;
  /** What stands before numbers in addresses such as `#L12`; with an empty one there are none. The same as the attribute `line-prefix`. */
  linePrefix: string;
  /** Selects lines by their numbers and brings them into view, as soon as they are there. */
  goToLine(number: number, until?: number): void;

  /** Events of the element have their own `detail`. */
  addEventListener<E extends keyof ResearchProgressEvents>(type: E, listener: (this: ResearchProgress, event: CustomEvent<ResearchProgressEvents[E]>) => void, options?: boolean | AddEventListenerOptions): void;
  /** All others. */
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
  /** As {@link addEventListener}. */
  removeEventListener<E extends keyof ResearchProgressEvents>(type: E, listener: (this: ResearchProgress, event: CustomEvent<ResearchProgressEvents[E]>) => void, options?: boolean | EventListenerOptions): void;
  /** All others. */
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | EventListenerOptions): void;
}

/** The lines with errors, warnings, milestones, or all others; lines that tell of a gap are shown with each. */
export type ProgressFilter = "all" | "milestone" | "info" | "warning" | "error";

/** What each event of the element has as its `detail`. They bubble, also out of shadow trees. */
export interface ResearchProgressEvents {
  /** The status has changed. */
  "research-status": ResearchEvents["status"];
  /** Something failed on the server. */
  "research-failure": Failure;
  /** Lines of the log were missed. */
  "research-gap": Gap;
  /** The server does not show the research to this page any more; `null`: it does again. */
  "research-refusal": Refusal | null;
  /** The connection is doing otherwise. */
  "research-connection": ConnectionState;
  /** `connect()` has failed, or refuses what it was given. */
  "research-error": ResearchSocketError | TypeError | RangeError;
  /** The end, once. */
  "research-end": End;
}

/** Attributes, as markup and frameworks have them. One that is there without a value is `""`, or `true` in React 19. */
export interface ResearchProgressAttributes extends ConnectionAttributes {
  /** What is followed. */
  "research-id"?: ResearchId | null | undefined;
  /** Which lines are shown. */
  filter?: ProgressFilter | undefined;
  /** Which lines come first. */
  order?: "oldest" | "newest" | undefined;
  /** The log is collapsed. */
  collapsed?: boolean | "" | undefined;
  /** Long lines of the log are wrapped, not cut. */
  wrap?: boolean | "" | undefined;
  /** What stands before numbers in addresses such as `#L12`. */
  "line-prefix"?: string | undefined;
  /** The page's title shows the progress. */
  "page-title"?: boolean | "" | undefined;
  /** The page's icon shows the progress. */
  "page-icon"?: boolean | "" | undefined;
  /** What it did when is drawn above the log. */
  timeline?: boolean | "" | undefined;
  /** The lines between two milestones are a group that can be closed; with `closed` they are so once it is over. Gaps are shown all the same. */
  groups?: boolean | "" | "open" | "closed" | undefined;
  /** A button asks for a notification at the end, where the browser has any; nobody is asked who has not clicked it. Where there can be none, a toast in the page says it. */
  notify?: boolean | "" | undefined;
  /** Where the result is; `{id}` stands for the id. */
  "result-href"?: string | undefined;
  /** Where a new research is begun. */
  "new-href"?: string | undefined;
}

/** Attributes that all elements of the package have. */
export interface ConnectionAttributes {
  /** Of `connect()`. */
  url?: string | undefined;
  /** Of `connect()`. */
  path?: string | undefined;
  /** Of `connect()`. */
  namespace?: string | undefined;
  /** Whether it is light or dark, other than the page. */
  theme?: "light" | "dark" | undefined;
  /** Where one signs in. */
  "sign-in-href"?: string | undefined;
}

/** Properties that frameworks set as they are. */
export interface ResearchProgressProperties {
  /** As {@link ResearchProgress.research}. */
  research?: Research | null | undefined;
  /** As {@link ResearchProgress.client}. */
  client?: Client | null | undefined;
  /** As {@link ResearchProgress.options}. */
  options?: Omit<ConnectOptions, "signal"> | null | undefined;
  /** As {@link ResearchProgress.texts}. */
  texts?: Readonly<Record<string, string>> | null | undefined;
}

/** What JSX takes of an element: `on` with the name of an event. */
export type JsxProps<Props, Events> = Props & { [Name in keyof Events & string as `on${Name}`]?: ((event: CustomEvent<Events[Name]>) => void) | undefined };

/** What templates of Vue take of an element: `@research-end` is `onResearchEnd`. */
export type VueProps<Props, Events> = Props & {
  [Name in keyof Events & string as Name extends `research-${infer Rest}` ? `onResearch${Capitalize<Rest>}` : never]?: ((event: CustomEvent<Events[Name]>) => void) | undefined;
};

declare global {
  interface HTMLElementTagNameMap {
    "research-progress": ResearchProgress;
  }
}

// @ts-ignore: only where its types are installed
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      // @ts-ignore: as above
      "research-progress": JsxProps<ResearchProgressAttributes & ResearchProgressProperties, ResearchProgressEvents> & DetailedHTMLProps<HTMLAttributes<ResearchProgress>, ResearchProgress>;
    }
  }
}

// @ts-ignore: only where it is installed
declare module "vue" {
  interface GlobalComponents {
    "research-progress": new () => ResearchProgress & { $props: VueProps<ResearchProgressAttributes & ResearchProgressProperties, ResearchProgressEvents> & VueAttributes & PublicProps };
  }
}

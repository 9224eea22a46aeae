// <research-progress>: a research as people look at it.

import { Announcer } from "./announce.js";
import { describe, wordsOf } from "./connection.js";
import { make, set } from "./dom.js";
import { Head } from "./head.js";
import { Base, CONNECTION, addressOf, connectOptions, numbersOf, reflect, takeOver, tell } from "./host.js";
import { languageOf, wordsOf as wordsIn } from "./language.js";
import { Log } from "./log.js";
import { CSS } from "./progress-style.js";
import { Frame } from "./slices.js";
import { statusWords } from "./status.js";
import { styleSheets } from "./style.js";
import { Texts } from "./texts.js";
import { COMMON, PROGRESS } from "./words.js";

const CONNECTING = Object.freeze({ name: "connecting" });

/** So many steps of an agent are kept. */
const MAX_STEPS = 200;

/** Attributes that say what is followed, and how. */
const FOLLOWED = ["research-id", ...CONNECTION];

/** @param {(options?: object) => Promise<import("../client/client.js").Client>} connect */
export function createResearchProgress(connect) {
  return class ResearchProgress extends Base {
    static observedAttributes = [...FOLLOWED, "lang", "filter", "order", "collapsed", "wrap", "page-title", "page-icon", "timeline", "groups", "notify", "sign-in-href", "result-href", "new-href"];

    static {
      reflect(this, ["collapsed", "wrap", "timeline", "notify"]);
    }

    #texts;
    /** Whether it has words by now. */
    #speaks = false;
    #own;
    #options;
    #givenResearch = null;
    #givenClient = null;
    /** From the moment in which something is followed until it is not. @type {AbortController | undefined} */
    #life;
    #client = null;
    #research = null;
    #known = unknown();
    #head;
    #log;
    /** What few pages need: files by their names, `false` once one could not be loaded, and what was made of each. */
    #files = {};
    #parts = {};
    #announce;
    #spoken = make("div", "", { class: "spoken", role: "log", "aria-live": "polite" });
    #frame = new Frame(() => this.#paint());
    #timer;
    #isStale = false;
    #hash = () => this.#goToHash();

    constructor() {
      super();
      this.#texts = new Texts("en", {});
      this.#announce = new Announcer((text) => this.#spoken.replaceChildren(make("p", "", {}, text)), (n, errors) => {
        const words = this.#texts.get("new_lines", { n });
        return errors > 0 ? this.#texts.get("new_errors", { words, n: errors }) : words;
      });
      this.#head = new Head({
        retry: () => this.#retry(),
        refresh: () => this.#research?.refresh(),
        cancel: () => this.#research.cancel(),
        changed: () => this.#frame.wish(),
      }, this.#texts);
      this.#log = new Log(this, this.#announce, this.#texts);
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = styleSheets(CSS);
      root.append(this.#head.element, this.#log.element, this.#spoken);
    }

    // --- For the browser -----------------------------------------------------------------------------------------------

    connectedCallback() {
      takeOver(this);
      this.#log.connect();
      addEventListener("hashchange", this.#hash);
      this.#speak();
    }

    disconnectedCallback() {
      this.#log.disconnect();
      removeEventListener("hashchange", this.#hash);
      // One that is only moved goes on as it was.
      queueMicrotask(() => this.isConnected || this.#close());
    }

    attributeChangedCallback(name, before, value) {
      if (before === value) return;
      if (name === "filter" || name === "order") this.#log[name] = value;
      else if (name === "collapsed") this.#log.collapsed = value !== null;
      else if (name === "lang") this.#speak();
      else if (FOLLOWED.includes(name)) this.#renew();
      this.#frame.wish();
    }

    // --- For the page --------------------------------------------------------------------------------------------------

    get researchId() {
      return this.getAttribute("research-id");
    }

    set researchId(id) {
      set(this, { "research-id": id });
    }

    get research() {
      return this.#research;
    }

    set research(research) {
      this.#givenResearch = research ?? null;
      this.#renew();
    }

    get client() {
      return this.#client;
    }

    set client(client) {
      this.#givenClient = client ?? null;
      this.#renew();
    }

    get options() {
      return this.#options;
    }

    set options(options) {
      this.#options = options ?? undefined;
      this.#renew();
    }

    get texts() {
      return this.#own;
    }

    set texts(texts) {
      this.#own = texts ?? undefined;
      this.#speak();
    }

    get filter() {
      return this.#log.filter;
    }

    set filter(name) {
      set(this, { filter: name });
    }

    get order() {
      return this.#log.order;
    }

    set order(name) {
      set(this, { order: name });
    }

    get groups() {
      const given = this.getAttribute("groups");
      return given === null || given === "closed" ? given : "open";
    }

    set groups(groups) {
      set(this, { groups });
    }

    get following() {
      return this.#log.following;
    }

    set following(follows) {
      this.#log.following = Boolean(follows);
    }

    get linePrefix() {
      return this.getAttribute("line-prefix") ?? "L";
    }

    set linePrefix(prefix) {
      set(this, { "line-prefix": prefix });
    }

    goToLine(number, until) {
      this.#log.goTo(number, until);
    }

    // --- The research --------------------------------------------------------------------------------------------------

    /** Follows something else, once all that says what is set. */
    #renew() {
      if (!this.isConnected || this.#isStale) return;
      this.#isStale = true;
      queueMicrotask(() => {
        this.#isStale = false;
        if (!this.isConnected || !this.#speaks) return;
        this.#close();
        this.#open();
      });
    }

    #open() {
      const id = this.researchId;
      this.#known = unknown();
      this.#log.clear();
      this.#head.clear();
      this.#frame.wish();
      if (!this.#givenResearch && (id === null || id === "")) return;
      this.#life = new AbortController();
      void this.#follow(id, this.#life.signal);
    }

    /** @param {string} id @param {AbortSignal} signal */
    async #follow(id, signal) {
      try {
        if (this.#givenResearch) return this.#listen(this.#givenResearch, this.#givenClient, signal);
        // Who gives a client keeps it, and what it has subscribed to.
        if (this.#givenClient) return this.#listen(this.#givenClient.subscribe(id), this.#givenClient, signal);
        const client = await connect({ ...connectOptions(this, this.#options), signal });
        // One that knows of no signals.
        if (signal.aborted) return client.close();
        signal.addEventListener("abort", () => client.close());
        this.#listen(client.subscribe(id), client, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#known.error = error;
        tell(this, "research-error", error);
        this.#frame.wish();
      }
    }

    /** @param {import("../index.js").Research} research @param {import("../index.js").Client | null} client @param {AbortSignal} signal */
    #listen(research, client, signal) {
      const known = this.#known;
      const on = (emitter, event, handler) => signal.addEventListener("abort", emitter.on(event, handler));
      const news = () => {
        known.heard = Date.now();
        this.#frame.wish();
      };
      this.#research = research;
      this.#client = client;
      const { logs, droppedLogs } = research.state;
      this.#log.clear(droppedLogs);
      this.#log.add(logs);
      for (const event of ["update", "task", "engine"]) on(research, event, news);
      on(research, "log", (entry) => {
        known.heard = Date.now();
        this.#log.add([entry]);
        this.#frame.wish();
      });
      on(research, "step", (step) => {
        known.steps.push(step);
        known.stepCount += 1;
        if (known.steps.length > 2 * MAX_STEPS) known.steps.splice(0, MAX_STEPS);
        news();
      });
      on(research, "status", (change) => (news(), tell(this, "research-status", change)));
      on(research, "failure", (failure) => {
        known.failure = failure;
        news();
        this.#announce.tell(`${failure.title}: ${failure.text}`);
        tell(this, "research-failure", failure);
      });
      on(research, "gap", (gap) => {
        this.#addGap(gap);
        tell(this, "research-gap", gap);
      });
      on(research, "refusal", (refusal) => {
        this.#frame.wish();
        this.#announceConnection();
        tell(this, "research-refusal", refusal);
      });
      const ended = (end) => {
        if (known.end) return;
        known.end = end;
        news();
        if (!this.#parts.mark?.tells) this.#announce.tell([statusWords(end.status, this.#texts), end.message].filter(Boolean).join(": "));
        tell(this, "research-end", end);
      };
      on(research, "end", ended);
      // One that the page had before may have told of its end.
      research.done?.then((end) => signal.aborted || ended(end), () => {});
      if (client) {
        known.connection = client.state;
        on(client, "state", (state) => {
          const isOther = state.name !== known.connection.name;
          Object.assign(known, { connection: state, since: Date.now() });
          // What could not be loaded meanwhile can be now.
          if (state.name === "connected") for (const name in this.#files) this.#files[name] ||= undefined;
          this.#frame.wish();
          if (isOther) this.#announceConnection();
          tell(this, "research-connection", state);
        });
      } else {
        known.connection = null;
      }
      if (research.state.updatedAt !== null) known.heard = research.state.updatedAt;
      this.#goToHash();
      this.#frame.wish();
    }

    #close() {
      this.#life?.abort();
      this.#life = undefined;
      this.#client = this.#research = null;
      this.#frame.cancel();
      clearTimeout(this.#timer);
      this.#announce.stop();
      this.#parts.mark?.restore();
    }

    #retry() {
      if (!this.#client) return void this.#renew();
      this.#client.connect();
      this.#research?.refresh();
    }

    // --- What one sees -------------------------------------------------------------------------------------------------

    #paint() {
      if (!this.#speaks) return;
      const known = this.#known;
      const research = this.#research;
      const state = research?.state ?? null;
      const ms = this.#head.show({ ...known, state, options: this.#numbers(), links: this.#links() });
      clearTimeout(this.#timer);
      // Timers cannot be longer.
      if (this.isConnected && ms < 2 ** 31) this.#timer = setTimeout(() => this.#frame.wish(), ms + 1);
      const has = (name) => this.hasAttribute(name);
      const { steps, stepCount } = known;
      this.#part("steps", stepCount > 0, () => import("./steps.js"))?.show(steps, stepCount, this.#texts);
      this.#part("timeline", has("timeline"), () => import("./timeline.js"))?.show(has("timeline") ? research : null, this.#texts);
      this.#part("wrap", has("wrap"), () => import("./wrap.js"))?.show(has("wrap"));
      this.#part("groups", has("groups"), () => import("./groups.js"))?.show(this.getAttribute("groups"), this.#texts);
      const marks = ["page-title", "page-icon", "notify"].filter(has);
      this.#part("mark", marks.length > 0, () => import("./page-mark.js"))?.show(marks, research, known.end, this.#texts);
    }

    /** What a file has for it, which is loaded once it is wanted. @param {string} name @param {boolean} isWanted @param {() => Promise<{ Part: any }>} load */
    #part(name, isWanted, load) {
      if (isWanted) {
        this.#files[name] ??= load().then(({ Part }) => {
          this.#parts[name] = new Part(this.shadowRoot, this.#log);
          this.#frame.wish();
        }, (error) => {
          this.#files[name] = false;
          throw error;
        });
      }
      return this.#parts[name];
    }

    /** What the words for the connection need to know; of a client that was given nothing. */
    #numbers() {
      return this.#givenResearch || this.#givenClient ? {} : numbersOf(this.#options);
    }

    #links() {
      const link = (name, usual) => addressOf(this, name, usual, this.#research?.id);
      return { signIn: link("sign-in-href", ""), result: link("result-href", "/results/{id}"), another: link("new-href", "/") };
    }

    #addGap({ from, to, recovered, missing }) {
      const t = (key, n) => this.#texts.get(key, { n, from: this.#texts.clock(from), to: this.#texts.clock(to) });
      const words = [];
      if (recovered > 0) words.push(t("gap_recovered", recovered));
      if (missing > 0) words.push(t("gap_missing", missing));
      if (missing === null) words.push(t("gap_unknown"));
      if (words.length > 0) this.#log.add([{ message: words.join(". "), level: "gap", time: new Date(to).toISOString() }]);
    }

    #announceConnection() {
      const { connection } = this.#known;
      if (!connection) return;
      const described = describe(connection, { refusal: this.#research?.state.refusal ?? null, ...this.#numbers(), elapsed: 0 });
      this.#announce.tell(wordsOf({ ...described, left: 0 }, this.#texts));
    }

    #speak() {
      if (!this.isConnected) return;
      const lang = languageOf(this);
      const words = wordsIn(lang, () => this.#speak());
      // In the wrong language it says nothing. One that speaks already goes on meanwhile.
      if (!this.#speaks) for (const { style } of [this.#head.element, this.#log.element]) style.visibility = words ? "" : "hidden";
      if (!words) return void connect.preload?.().catch(() => {});
      this.#texts = new Texts(lang, { ...COMMON, ...PROGRESS, ...words }, this.#own);
      this.#head.speak(this.#texts);
      this.#log.speak(this.#texts);
      this.#speaks = true;
      if (!this.#life) this.#open();
      this.#frame.wish();
    }

    /** `#L12` and `#L12-L20` name lines. */
    #goToHash() {
      const prefix = this.linePrefix;
      if (prefix === "" || !this.#research) return;
      const match = /^#(\D+)(\d{1,9})(?:-(\D+)(\d{1,9}))?$/.exec(location.hash);
      if (match?.[1] !== prefix || (match[3] ?? prefix) !== prefix) return;
      this.#log.goTo(Number(match[2]), Number(match[4] ?? match[2]));
    }
  };
}

function unknown() {
  return { connection: CONNECTING, since: Date.now(), heard: Date.now(), end: null, failure: null, error: null, steps: [], stepCount: 0 };
}

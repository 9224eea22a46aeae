// <research-list>: many researches on one connection, a row for each.

import { Announcer } from "./announce.js";
import { describe, wordsOf } from "./connection.js";
import { make, say, set } from "./dom.js";
import { Base, CONNECTION, addressOf, connectOptions, numbersOf, reflect, takeOver, tell } from "./host.js";
import { languageOf, wordsOf as wordsIn } from "./language.js";
import { CSS } from "./list-style.js";
import { inOrder } from "./order.js";
import { Row } from "./row.js";
import { Frame } from "./slices.js";
import { ConnectionLine, statusWords } from "./status.js";
import { styleSheets } from "./style.js";
import { Texts } from "./texts.js";
import { COMMON, LIST } from "./words.js";

const CONNECTING = Object.freeze({ name: "connecting" });

/** @param {(options?: object) => Promise<import("../client/client.js").Client>} connect */
export function createResearchList(connect) {
  return class ResearchList extends Base {
    static observedAttributes = ["research-ids", ...CONNECTION, "lang", "href", "sign-in-href", "timeline"];

    static {
      reflect(this, ["timeline"]);
    }

    #texts = new Texts("en", {});
    /** Whether it has words by now. */
    #speaks = false;
    #own;
    #options;
    /** What the page gave; without that, those of the attribute. @type {readonly (string | number | { id: string | number, title?: string })[] | undefined} */
    #given;
    #givenClient = null;
    /** From the moment in which it connects until it lets go. @type {AbortController | undefined} */
    #life;
    #client = null;
    /** In the order in which the page gave them, by their ids. @type {Map<string, Row>} */
    #rows = new Map();
    #known = unknown();
    /** Somebody points at a row, or is in one: then none moves away. */
    #isPointedAt = false;
    #isWithin = false;
    #isStale = false;
    /** What makes a small timeline, once it is loaded; `false`: it could not be. @type {(() => import("./strip.js").Strip) | undefined} */
    #strip;
    #stripFile;
    #frame = new Frame(() => this.#paint());
    #timer;
    #announce = new Announcer((text) => this.#spoken.replaceChildren(make("p", "", {}, text)), () => "");
    #spoken = make("div", "", { class: "spoken", role: "log", "aria-live": "polite" });
    #connection = new ConnectionLine(() => this.#retry());
    #list = make("ul", "list", { role: "list" });
    #empty = make("p", "empty");
    #all = make("div", "all", {}, make("slot", "", { name: "heading" }), this.#connection.element, this.#list, make("slot", "", { name: "empty" }, this.#empty));

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = styleSheets(CSS);
      root.append(this.#all, this.#spoken);
      const on = (type, act) => this.#list.addEventListener(type, () => (act(), this.#frame.wish()));
      on("pointerenter", () => (this.#isPointedAt = true));
      on("pointerleave", () => (this.#isPointedAt = false));
      on("focusin", () => (this.#isWithin = true));
      on("focusout", () => (this.#isWithin = false));
    }

    // --- For the browser -----------------------------------------------------------------------------------------------

    connectedCallback() {
      takeOver(this);
      this.#speak();
    }

    disconnectedCallback() {
      // One that is only moved goes on as it was.
      queueMicrotask(() => this.isConnected || this.#close());
    }

    attributeChangedCallback(name, before, value) {
      if (before === value) return;
      if (name === "lang") this.#speak();
      else if (name === "research-ids") this.researches = idsOf(value);
      else if (CONNECTION.includes(name)) this.#renew();
      this.#frame.wish();
    }

    // --- For the page --------------------------------------------------------------------------------------------------

    get researches() {
      return this.#given ?? [];
    }

    set researches(researches) {
      this.#given = Object.freeze([...(researches ?? [])]);
      if (this.isConnected && this.#speaks) this.#update();
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

    // --- The connection ------------------------------------------------------------------------------------------------

    /** Connects otherwise, once all that says how is set. */
    #renew() {
      if (!this.isConnected || this.#isStale) return;
      this.#isStale = true;
      queueMicrotask(() => {
        this.#isStale = false;
        if (!this.isConnected || !this.#speaks) return;
        this.#close();
        this.#update();
      });
    }

    /** Has a row for each research that the page has given, and for no other. */
    #update() {
      const wanted = new Map();
      for (const given of this.researches) {
        const { id, title } = typeof given === "object" && given !== null ? given : { id: given };
        if (!wanted.has(String(id))) wanted.set(String(id), { id, title });
      }
      for (const [id, row] of this.#rows) if (!wanted.has(id)) this.#remove(row, !this.#givenClient);
      const rows = new Map();
      for (const [id, { title }] of wanted) {
        const row = this.#rows.get(id) ?? new Row(id);
        row.given = title;
        rows.set(id, row);
        if (!this.#rows.has(id) && this.#client) this.#follow(row);
      }
      this.#rows = rows;
      // Nobody needs a connection for nothing.
      if (rows.size === 0) this.#close();
      else if (!this.#life) {
        this.#life = new AbortController();
        void this.#connect(this.#life.signal);
      }
      this.#frame.wish();
    }

    /** @param {Row} row @param {boolean} unsubscribes who gives a client keeps it, and what it has subscribed to */
    #remove(row, unsubscribes) {
      row.stop(unsubscribes);
      // Whoever was in it is in the one behind it, or before it.
      const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
      const isWithin = row.element.contains(this.shadowRoot.activeElement);
      row.element.remove();
      if (isWithin) next?.querySelector("a").focus();
    }

    /** @param {AbortSignal} signal */
    async #connect(signal) {
      try {
        const client = this.#givenClient ?? (await connect({ ...connectOptions(this, this.#options), signal }));
        if (!this.#givenClient) {
          // One that knows of no signals.
          if (signal.aborted) return client.close();
          signal.addEventListener("abort", () => client.close());
        }
        this.#listen(client, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#known.error = error;
        tell(this, "research-error", error);
        this.#frame.wish();
      }
    }

    /** @param {import("../index.js").Client} client @param {AbortSignal} signal */
    #listen(client, signal) {
      const known = this.#known;
      this.#client = client;
      known.connection = client.state;
      signal.addEventListener("abort", client.on("state", (state) => {
        const isOther = state.name !== known.connection.name;
        Object.assign(known, { connection: state, since: Date.now() });
        this.#frame.wish();
        // What could not be loaded meanwhile can be now.
        if (state.name === "connected") this.#stripFile ||= undefined;
        if (isOther) this.#announceConnection();
        tell(this, "research-connection", state);
      }));
      for (const row of this.#rows.values()) this.#follow(row);
      this.#frame.wish();
    }

    /** @param {Row} row */
    #follow(row) {
      const client = this.#client;
      try {
        const research = client.subscribe(row.id);
        row.follow(research, () => this.#frame.wish(), (event, value) => this.#tellOf(row, event, value));
      } catch (error) {
        row.error = error;
        tell(this, "research-error", error);
      }
    }

    #tellOf(row, event, value) {
      const texts = this.#texts;
      if (event === "end") this.#announce.tell(texts.get("ended", { name: row.title, words: statusWords(value.status, texts) }));
      if (event === "failure") this.#announce.tell(texts.get("ended", { name: row.title, words: value.title }));
      if (event === "refusal") this.#announceConnection();
      tell(this, `research-${event}`, { ...value, id: row.id });
    }

    #close() {
      // A client that is closed needs no goodbye for each.
      for (const row of this.#rows.values()) this.#remove(row, false);
      this.#rows = new Map();
      this.#isPointedAt = this.#isWithin = false;
      this.#life?.abort();
      this.#life = undefined;
      this.#client = null;
      this.#known = unknown();
      this.#frame.cancel();
      clearTimeout(this.#timer);
      this.#announce.stop();
    }

    #retry() {
      if (!this.#client) return void this.#renew();
      this.#client.connect();
      for (const row of this.#rows.values()) row.refresh();
    }

    // --- What one sees -------------------------------------------------------------------------------------------------

    #paint() {
      if (!this.#speaks) return;
      const texts = this.#texts;
      const now = Date.now();
      const rows = [...this.#rows.values()];
      for (const row of rows) row.note();
      const hasTimeline = this.hasAttribute("timeline");
      if (hasTimeline) this.#loadStrip();
      this.#arrange(rows, now);
      const ends = rows.map((row) => row.show(now, row.error ? "" : addressOf(this, "href", "/progress/{id}", row.id), texts));
      for (const row of rows) row.showStrip(hasTimeline ? this.#strip : undefined, texts);
      set(this.#list, { "aria-label": texts.get("researches") });
      this.#list.hidden = rows.length === 0;
      say(this.#empty, texts.get("researches_none"));
      this.#empty.parentElement.hidden = rows.length > 0;
      const known = { ...this.#known, refusal: this.#refusal, signIn: addressOf(this, "sign-in-href", ""), isOver: rows.every(({ isOver }) => isOver) };
      ends.push(this.#connection.show(known, this.#numbers(), texts));
      clearTimeout(this.#timer);
      const ms = Math.min(...ends);
      // Timers cannot be longer.
      if (this.isConnected && ms < 2 ** 31) this.#timer = setTimeout(() => this.#frame.wish(), ms + 1);
    }

    #loadStrip() {
      this.#stripFile ??= import("./strip.js").then(({ Strip }) => {
        this.#strip = () => new Strip(this.shadowRoot);
        this.#frame.wish();
      }, (error) => {
        this.#stripFile = false;
        throw error;
      });
    }

    /** Puts each row to its place, unless somebody could miss it: then new ones come last. */
    #arrange(rows, now) {
      const isHeld = this.#isPointedAt || this.#isWithin;
      let place = this.#list.firstElementChild;
      for (const { element } of isHeld ? rows.filter((row) => !row.element.isConnected) : inOrder(rows, now)) {
        if (isHeld) this.#list.append(element);
        else if (element === place) place = place.nextElementSibling;
        else this.#list.insertBefore(element, place);
      }
    }

    /** Of several, that which a person can mend. */
    get #refusal() {
      return [...this.#rows.values()].some((row) => row.refusal === "unauthorized" && !row.isOver) ? "unauthorized" : null;
    }

    #numbers() {
      return this.#givenClient ? {} : numbersOf(this.#options);
    }

    #announceConnection() {
      const described = describe(this.#known.connection, { refusal: this.#refusal, ...this.#numbers(), elapsed: 0 });
      this.#announce.tell(wordsOf({ ...described, left: 0 }, this.#texts));
    }

    #speak() {
      if (!this.isConnected) return;
      const lang = languageOf(this);
      const words = wordsIn(lang, () => this.#speak());
      // In the wrong language it says nothing. One that speaks already goes on meanwhile.
      if (!this.#speaks) this.#all.style.visibility = words ? "" : "hidden";
      if (!words) return void connect.preload?.().catch(() => {});
      this.#texts = new Texts(lang, { ...COMMON, ...LIST, ...words }, this.#own);
      this.#speaks = true;
      if (!this.#life) this.#update();
      this.#frame.wish();
    }
  };
}

/** Ids as an attribute has them. @param {string | null} text */
function idsOf(text) {
  return (text ?? "").split(/[\s,]+/).filter(Boolean);
}

function unknown() {
  return { connection: CONNECTING, since: Date.now(), error: null };
}

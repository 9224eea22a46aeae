// The log: lines, what of them is shown, where one is in it, and what one can do with it by pointer and keyboard.

import { button, make, say, set } from "./dom.js";
import { FILTERS, Lines, Shown, plain } from "./lines.js";
import { Frame, inSlices } from "./slices.js";
import { View } from "./view.js";

/** A row shows so much of a line; the rest is below the list when one asks for it. */
const MAX_IN_ROW = 1000;
/** So many lines taken in before the clock is asked. */
const PIECE = 64;

export class Log {
  element;
  lines;
  #host;
  #announce;
  #texts;
  #shown;
  /** Where a page wants them. @type {import("./groups.js").Part | undefined} */
  #groups;
  /** Once somebody has come near. @type {import("./find.js").Finder | undefined} */
  #finder;
  /** The same. @type {import("./detail.js").Detail | undefined} */
  #detail;
  /** @type {View} */
  view;
  /** Lines that came and were not taken in yet. */
  #waiting = [];
  #taken = 0;
  #frame = new Frame(() => this.#paint());
  /** The line that one is at, and where the selection begins. */
  #current = -1;
  #anchor = -1;
  #isOpen = false;
  #isCollapsed = false;
  /** How many errors there were when somebody collapsed it. */
  #errorsBefore = 0;
  /** A line that an address names and that has not come yet. @type {{ number: number, until: number } | undefined} */
  #wanted;
  /** The first line that came after one had scrolled away. */
  #newest = 0;
  #changes = 0;
  #parts;

  /**
   * @param {import("../element.js").ResearchProgress} host whose attributes the buttons set @param {import("./announce.js").Announcer} announce
   * @param {import("./texts.js").Texts} texts
   */
  constructor(host, announce, texts) {
    this.#host = host;
    this.#announce = announce;
    this.#texts = texts;
    this.#build();
    this.clear();
  }

  // --- Lines -----------------------------------------------------------------------------------------------------------

  /** Forgets all lines, as for another research. */
  clear(before = 0) {
    this.lines = new Lines();
    this.lines.startAfter(before);
    this.#waiting = [];
    this.#taken = 0;
    this.#current = this.#anchor = -1;
    this.#newest = this.#errorsBefore = 0;
    this.#setOpen(false);
    this.#shown = new Shown(this.lines, this.#shown.filter, this.#shown.newestFirst, this.#groups);
    this.view.following = true;
    // First that: rows of the lines before would be written anew.
    this.view.update(0, 1, true);
    this.#finder?.start(this.#shown.filter);
    this.#frame.wish();
  }

  /** Lines of the client, in their order. @param {readonly object[]} entries */
  add(entries) {
    const isIdle = this.#waiting.length === 0;
    for (const entry of entries) this.#waiting.push(entry);
    if (isIdle) void this.#take();
  }

  async #take() {
    // Those of the same moment together.
    await Promise.resolve();
    await inSlices(() => {
      const from = this.#taken;
      this.#taken += PIECE;
      for (const entry of this.#waiting.slice(from, this.#taken)) {
        this.lines.push(entry);
        const isError = /^(error|critical)$/.test(entry.level);
        if (isError || !this.#isCollapsed) this.#announce.line(plain(entry.message), isError);
      }
      // A page that nobody sees has no frames for a while.
      if (this.lines.isOver) this.#paint();
      else this.#frame.wish();
      if (this.#taken < this.#waiting.length) return true;
      // Here, and not behind the last slice: lines may come before what follows it.
      this.#waiting = [];
      this.#taken = 0;
      return false;
    });
  }

  // --- What the page asks for ------------------------------------------------------------------------------------------

  connect() {
    this.view.connect();
  }

  disconnect() {
    this.view.disconnect();
    this.#frame.cancel();
    this.#finder?.stop();
  }

  get filter() {
    return Object.keys(FILTERS).find((name) => FILTERS[name] === this.#shown.filter);
  }

  set filter(name) {
    this.#show(Object.hasOwn(FILTERS, name) ? FILTERS[name] : FILTERS.all, this.#shown.newestFirst);
  }

  get order() {
    return this.#shown.newestFirst ? "newest" : "oldest";
  }

  set order(name) {
    this.#show(this.#shown.filter, name === "newest");
  }

  /** @param {number} filter bits @param {boolean} newestFirst */
  #show(filter, newestFirst) {
    if (filter !== this.#shown.filter || newestFirst !== this.#shown.newestFirst) this.#renew(filter, newestFirst);
  }

  set groups(groups) {
    this.#groups = groups;
    this.#renew(this.#shown.filter, this.#shown.newestFirst);
  }

  #renew(filter, newestFirst) {
    const at = this.here();
    this.#shown = new Shown(this.lines, filter, newestFirst, this.#groups);
    this.view.newestFirst = newestFirst;
    const { following } = this.view;
    this.view.update(this.#shown.length, 0, true);
    if (!following) this.view.show(this.#shown.placeOf(at), "center");
    this.#finder?.start(filter);
    this.#frame.wish();
  }

  get following() {
    return this.view.following;
  }

  set following(follows) {
    if (follows) this.view.follow();
    else this.view.following = false;
    this.#note();
  }

  set collapsed(collapses) {
    this.#isCollapsed = collapses;
    this.#errorsBefore = this.lines.counts[FILTERS.error];
    set(this.element, { "data-collapsed": collapses });
    this.view.measure();
  }

  /** Says everything in another language. @param {import("./texts.js").Texts} texts */
  speak(texts) {
    this.#texts = texts;
    this.#name();
    this.#detail?.speak(texts);
    this.refresh();
  }

  /** Selects lines and brings them into view, as soon as they are there. @param {number} number @param {number} [until] */
  goTo(number, until = number) {
    const [first, last] = [this.lines.atOf(Math.min(number, until)), this.lines.atOf(Math.max(number, until))];
    this.#wanted = first >= this.lines.end ? { number, until } : undefined;
    if (!this.lines.has(first)) return;
    this.#host.collapsed = false;
    this.#reveal(first);
    this.#anchor = Math.min(last, this.lines.end - 1);
    this.select(first, this.#anchor, "center");
    this.#setOpen(true);
  }

  // --- What one sees ---------------------------------------------------------------------------------------------------

  #build() {
    const host = this.#host;
    const filters = make("div", "filters", { role: "group" });
    for (const name of Object.keys(FILTERS)) {
      const filter = button(`filter filter-${name}`, () => (host.filter = name));
      filter.append(make("span"), make("span", "count"));
      filter.dataset.filter = name;
      filters.append(filter);
    }
    const input = make("input", "search", { type: "search", autocomplete: "off", spellcheck: "false", enterkeyhint: "search" });
    input.addEventListener("input", () => void this.#withTools());
    const step = (part, sign, act) => {
      const element = button(part, act);
      element.append(make("span", "", { "aria-hidden": "true" }, sign));
      return element;
    };
    const found = make("span", "hits");
    const view = make("div", "view", { role: "listbox", tabindex: "0", "aria-multiselectable": "true" });
    const parts = {
      collapse: button("button collapse", () => (host.collapsed = !host.collapsed)),
      filters,
      input,
      found,
      previous: step("button search-previous", "↑"),
      next: step("button search-next", "↓"),
      errorPrevious: step("button error-previous", "⚠↑", () => void this.#error(-1)),
      errorNext: step("button error-next", "⚠↓", () => void this.#error(1)),
      order: button("button order", () => (host.order = this.#shown.newestFirst ? "oldest" : "newest")),
      follow: button("button follow", () => (this.following = !this.following)),
      wrap: button("button wrap", () => (host.wrap = !host.wrap)),
      downloads: make("div", "downloads", { role: "group" }),
      text: button("button download", () => void this.#download("text")),
      json: button("button download", () => void this.#download("json")),
      view,
      empty: make("p", "empty"),
    };
    this.#parts = parts;
    parts.previous.disabled = parts.next.disabled = true;
    parts.downloads.append(make("span"), parts.text, parts.json);
    this.element = make("div", "log", { role: "group" },
      make("div", "tools", {}, parts.collapse, filters, make("div", "finder", {}, input, found, parts.previous, parts.next)),
      make("div", "tools", {}, parts.errorPrevious, parts.errorNext, parts.order, parts.follow, parts.wrap, parts.downloads),
      make("div", "frame", {}, view, parts.empty));
    // It is there before it is used, so that a browser lets the page copy; who uses it is told if it cannot be had.
    for (const near of ["pointerenter", "focusin"]) this.element.addEventListener(near, () => this.#withTools().catch(() => {}), { once: true });
    this.view = new View(view, { make: makeRow, fill: (row, place) => this.#fill(row, place), moved: () => this.#note() });
    this.#shown = new Shown(new Lines());
    view.addEventListener("keydown", (event) => this.#key(event));
    view.addEventListener("focus", () => {
      const { length } = this.#shown;
      // At the end, following goes on.
      if (this.#current < 0 && length > 0) this.select(this.following ? this.#shown.at(this.#shown.newestFirst ? 0 : length - 1) : this.here());
    });
    view.addEventListener("pointerdown", (event) => this.#press(event));
    // With the button down, from line to line.
    view.addEventListener("pointerover", (event) => event.buttons === 1 && event.pointerType === "mouse" && this.#press(event, true));
    this.#name();
  }

  #name() {
    const t = (key) => this.#texts.get(key);
    const p = this.#parts;
    set(this.element, { "aria-label": t("log") });
    set(p.filters, { "aria-label": t("filter") });
    for (const filter of p.filters.children) say(filter.firstChild, t(`filter_${filter.dataset.filter}`));
    set(p.input, { "aria-label": t("search"), placeholder: t("search") });
    for (const [element, key] of [[p.previous, "search_previous"], [p.next, "search_next"], [p.errorPrevious, "error_previous"], [p.errorNext, "error_next"]]) {
      set(element, { "aria-label": t(key), title: t(key) });
    }
    set(p.view, { "aria-label": t("log") });
    set(p.downloads, { "aria-label": t("download") });
    say(p.downloads.firstChild, t("download"));
    say(p.text, t("download_text"));
    say(p.json, t("download_json"));
    say(p.order, t("newest_first"));
    say(p.wrap, t("wrap"));
    say(p.empty, t("empty"));
  }

  /** Once a frame, however many lines have come. */
  #paint() {
    this.lines.trim();
    this.takeIn();
    this.#finder?.update();
    if (this.#wanted) this.goTo(this.#wanted.number, this.#wanted.until);
    this.#note();
  }

  /** Shows what came since, and what groups that were opened or closed show now. */
  takeIn() {
    const moved = this.#shown.update();
    const anew = this.lines.changes !== this.#changes;
    this.#changes = this.lines.changes;
    // What numbers take words have not got: rows are measured after it.
    this.element.style.setProperty("--digits", String(Math.max(3, String(this.lines.numberOf(this.lines.end - 1)).length)));
    this.view.update(this.#shown.length, moved, anew);
  }

  /** What stands around the list. */
  #note() {
    const t = (key, values) => this.#texts.get(key, values);
    const { lines } = this;
    const p = this.#parts;
    if (this.following) this.#newest = lines.end;
    const id = `line-${this.#current}`;
    // A row that is scrolled away is not in the document.
    set(p.view, { "aria-activedescendant": p.view.querySelector(`[id="${id}"]`) ? id : null });
    const { length } = lines;
    for (const filter of p.filters.children) {
      const bit = FILTERS[filter.dataset.filter];
      set(filter, { "aria-pressed": String(bit === this.#shown.filter) });
      say(filter.lastChild, t("count", { n: bit === FILTERS.all ? length : lines.counts[bit] }));
    }
    const errors = this.#isCollapsed ? lines.counts[FILTERS.error] - this.#errorsBefore : 0;
    const words = t(this.#isCollapsed ? "log_collapsed" : "log", { n: length });
    say(p.collapse, errors > 0 ? t("log_errors", { words, n: errors }) : words);
    set(p.collapse, { "aria-expanded": String(!this.#isCollapsed), "data-level": errors > 0 && "error" });
    const fresh = lines.end - Math.max(this.#newest, lines.begin);
    say(p.follow, this.following || fresh <= 0 ? t("follow") : t("follow_new", { n: fresh }));
    set(p.order, { "aria-pressed": String(this.#shown.newestFirst) });
    set(p.wrap, { "aria-pressed": String(this.view.wraps) });
    set(p.follow, { "aria-pressed": String(this.following) });
    p.empty.hidden = this.#shown.length > 0;
    const hasErrors = lines.counts[FILTERS.error] > 0;
    p.errorNext.disabled = p.errorPrevious.disabled = !hasErrors;
    p.text.disabled = p.json.disabled = length === 0;
    this.#finder?.show(this.#current, this.#texts);
  }

  #fill(row, place) {
    const at = this.#shown.at(place);
    const { number, text, level, time, count } = this.lines.get(at);
    const [numberCell, timeCell, levelCell, textCell, countCell] = row.children;
    row.id = `line-${at}`;
    row.dataset.at = String(at);
    set(row, {
      part: `row row-${level}`,
      "data-level": level,
      "aria-posinset": place + 1,
      "aria-setsize": this.#shown.length,
      "aria-selected": String(this.#isSelected(at)),
      "data-current": at === this.#current,
    });
    say(numberCell, String(number));
    say(timeCell, this.#texts.clock(time));
    say(levelCell, this.#texts.get(`level_${level}`));
    say(countCell, count > 1 ? `×${count}` : "");
    textCell.textContent = text.length > MAX_IN_ROW ? `${text.slice(0, MAX_IN_ROW)}…` : text;
    this.#finder?.mark(textCell);
    this.#groups?.mark(row, at);
  }

  // --- Where one is ----------------------------------------------------------------------------------------------------

  /** The line that one is at, or the first that one sees. */
  here() {
    if (this.lines.has(this.#current)) return this.#current;
    return this.#shown.length > 0 ? this.#shown.at(Math.min(this.view.first, this.#shown.length - 1)) : -1;
  }

  #isSelected(at) {
    return at >= Math.min(this.#anchor, this.#current) && at <= Math.max(this.#anchor, this.#current) && this.#current >= 0;
  }

  /** @param {number} at @param {number} [anchor] where the selection begins @param {"nearest" | "center"} [where] */
  select(at, anchor = at, where = "nearest") {
    this.#current = at;
    this.#anchor = anchor;
    this.view.show(this.#shown.placeOf(at), where);
    this.refresh();
    this.#noteDetail();
  }

  /** Writes anew what is in view, and around it. */
  refresh() {
    this.view.refresh();
    this.#note();
  }

  /** Makes sure that the filter shows a line. */
  #reveal(at) {
    if (!this.lines.isShown(at, this.#shown.filter)) this.#host.filter = "all";
    this.#groups?.reveal(at);
    this.takeIn();
  }

  /** The direction in which one goes down the list. */
  get down() {
    return this.#shown.newestFirst ? -1 : 1;
  }

  async #error(step) {
    const { nextError } = await this.#withTools();
    const from = this.lines.has(this.#current) ? this.#current : step > 0 ? this.here() - this.down : this.here();
    const at = nextError(this.lines, from, step * this.down);
    if (at < 0) return;
    this.lead(at);
  }

  /** Selects a line and brings it into view, whatever is shown. */
  lead(at) {
    this.#reveal(at);
    this.select(at, at, "center");
  }

  /** @param {PointerEvent} event */
  #press(event, further = event.shiftKey) {
    const row = /** @type {HTMLElement} */ (event.target).closest?.(".row");
    if (!row || event.button > 0) return;
    const at = Number(row.dataset.at);
    if (further && at === this.#current) return;
    this.#wanted = undefined;
    this.select(at, further && this.#current >= 0 ? this.#anchor : at);
    if (event.type === "pointerdown") this.#setOpen(true);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (altKey) return;
    const last = this.#shown.length - 1;
    const place = this.#shown.placeOf(this.here());
    const moves = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + this.view.rowsInView, PageUp: place - this.view.rowsInView, Home: 0, End: last };
    const command = ctrlKey || metaKey;
    if (Object.hasOwn(moves, key) && last >= 0) {
      const at = this.#shown.at(Math.max(0, Math.min(last, moves[key])));
      this.#wanted = undefined;
      this.select(at, shiftKey ? this.#anchor : at);
    } else if (command && key === "a" && last >= 0) {
      this.#current = this.#shown.at(last);
      this.#anchor = this.#shown.at(0);
      this.view.refresh();
      this.#noteDetail();
    } else if (command && key === "c") {
      void this.#copy();
    } else if (command) {
      return;
    } else if (key === "Enter" || key === " ") {
      this.#setOpen(!this.#isOpen);
    } else if (key === "Escape" && this.#isOpen) {
      this.#setOpen(false);
    } else if (key === "n") {
      void this.#error(1);
    } else if (key === "p") {
      void this.#error(-1);
    } else if (key === "/") {
      this.#parts.input.focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  // --- One line, several lines, all lines --------------------------------------------------------------------------------

  #setOpen(open) {
    this.#isOpen = open;
    this.#noteDetail();
  }

  #leaveDetail() {
    this.#setOpen(false);
    this.#parts.view.focus({ preventScroll: true });
  }

  #noteDetail() {
    const at = this.#isOpen && this.lines.has(this.#current) ? this.#current : undefined;
    if (this.#detail) this.#detail.show(this.lines, at, this.#anchor);
    else if (at !== undefined) void this.#withTools();
  }

  async #copy() {
    // Some browsers let a page copy only in the turn of a click.
    if (!this.#detail) await this.#withTools();
    await this.#detail.copy(this.lines, this.#shown, this.#current, this.#anchor);
  }

  async #download(kind) {
    const { download } = await this.#withTools();
    await download(this.lines, kind, this.#host.research?.id ?? "research");
  }

  /** What no page needs to show a log. */
  async #withTools() {
    const tools = await import("./log-tools.js");
    if (!this.#detail) {
      this.#detail = new tools.Detail({ announce: this.#announce, prefix: () => this.#host.linePrefix, copy: () => this.#copy(), leave: () => this.#leaveDetail() }, this.#texts, this.element.getRootNode());
      this.element.append(this.#detail.element);
      this.#noteDetail();
      this.#finder = new tools.Finder(this, this.#parts, this.#shown.filter, () => this.#frame.wish());
    }
    return tools;
  }

}

function makeRow() {
  return make("div", "", { class: "row", role: "option" },
    make("span", "number", {}),
    make("span", "time", {}),
    make("span", "level", {}),
    make("span", "text", { dir: "auto" }),
    make("span", "repeats", { dir: "auto" }));
}

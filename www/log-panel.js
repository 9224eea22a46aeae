// The log: shows thousands of lines cheaply. Lines are written once a frame, and only the newest stay in the document.

/** Lines in the document. More than anybody reads, few enough for a quick layout. */
const SHOWN = 500;
/** Lines that are written in one frame; what a burst brings beyond that waits for the next ones. */
const A_FRAME = 100;

const LEVELS = ["milestone", "info", "success", "warning", "error", "critical", "debug", "trace"];
/** Levels whose filter is there before their first line. */
const USUAL = new Set(["milestone", "info", "warning", "error", "debug"]);
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export class LogPanel {
  /** The lines that the client keeps. */
  #all = () => [];
  #waiting = [];
  #total = 0;
  #counts = new Map();
  #hidden = new Set(["debug", "trace"]);
  #frame = 0;
  #follows = true;
  #list = document.getElementById("lines");
  #count = document.getElementById("log-count");
  #newest = document.getElementById("newest");
  /** level → the element with its count */
  #numbers = new Map();

  constructor() {
    document.getElementById("levels").append(...LEVELS.map((level) => this.#filter(level)));
    this.#list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#newest.addEventListener("click", () => {
      this.#follow();
      this.#list.focus({ preventScroll: true });
    });
  }

  /** Begins anew. @param {() => readonly object[]} all gives the lines that are kept */
  show(all) {
    this.#all = all;
    this.#total = 0;
    this.#counts.clear();
    for (const entry of all()) this.#note(entry);
    this.#again();
  }

  /** Called for each line; does as little as it can. */
  add(entry) {
    this.#note(entry);
    if (this.#hidden.has(entry.level)) return this.#later();
    this.#waiting.push(entry);
    // What would be pushed out of the document by what waits behind it need not go there. A hidden page gets no frames at all.
    if (this.#waiting.length > 2 * SHOWN) this.#waiting.splice(0, SHOWN);
    this.#later();
  }

  #note({ level }) {
    this.#total += 1;
    this.#counts.set(level, (this.#counts.get(level) ?? 0) + 1);
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    const entries = this.#waiting.splice(0, A_FRAME);
    if (entries.length > 0) {
      const fragment = document.createDocumentFragment();
      for (const entry of entries) fragment.append(line(entry));
      this.#remove(this.#list.childElementCount + entries.length - SHOWN);
      this.#list.append(fragment);
      if (this.#follows) this.#list.scrollTop = this.#list.scrollHeight;
      else this.#newest.hidden = false;
    }
    if (this.#waiting.length > 0) this.#later();
    for (const [level, number] of this.#numbers) {
      const count = this.#counts.get(level) ?? 0;
      number.textContent = count.toLocaleString("en");
      number.parentElement.hidden = count === 0 && !USUAL.has(level);
    }
    const shown = this.#list.childElementCount;
    this.#count.textContent =
      this.#total === 0 ? "" : `${shown.toLocaleString("en")} of ${this.#total.toLocaleString("en")} lines`;
  }

  #remove(count) {
    if (count <= 0) return;
    const range = document.createRange();
    range.setStartBefore(this.#list.firstChild);
    range.setEndAfter(this.#list.children[count - 1]);
    const before = this.#list.scrollHeight;
    range.deleteContents();
    // Who reads older lines must not have them pulled away.
    if (!this.#follows) this.#list.scrollTop -= before - this.#list.scrollHeight;
  }

  /** Writes all lines anew, since others are wanted. */
  #again() {
    this.#list.replaceChildren();
    this.#waiting = this.#all().filter(({ level }) => !this.#hidden.has(level)).slice(-SHOWN);
    this.#follow();
    this.#later();
  }

  #follow() {
    this.#follows = true;
    this.#newest.hidden = true;
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    this.#follows = scrollHeight - scrollTop - clientHeight < 40;
    if (this.#follows) this.#newest.hidden = true;
  }

  #filter(level) {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !this.#hidden.has(level) });
    box.addEventListener("change", () => {
      if (box.checked) this.#hidden.delete(level);
      else this.#hidden.add(level);
      this.#again();
    });
    const number = Object.assign(document.createElement("span"), { textContent: "0" });
    this.#numbers.set(level, number);
    const label = document.createElement("label");
    label.append(box, level, " ", number);
    label.hidden = !USUAL.has(level);
    return label;
  }
}

function line({ level, message, time }) {
  const item = document.createElement("li");
  item.dataset.level = level;
  const at = document.createElement("time");
  const parsed = Date.parse(time);
  at.textContent = Number.isNaN(parsed) ? "" : clock.format(parsed);
  const name = document.createElement("b");
  name.textContent = level;
  const text = document.createElement("span");
  text.textContent = message;
  item.append(at, name, text);
  return item;
}

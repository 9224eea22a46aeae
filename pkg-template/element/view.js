// A list of rows, of which only those in view are in the document. How high they are is known by what it scrolls with.

import { make } from "./dom.js";
import { Scroll } from "./scroll.js";

/** Rows above and below what one sees, for a browser that scrolls before it asks. */
const SPARE = 8;

/** Rows stand this near to the place that they are counted from: browsers' positions are exact to 16 million pixels. */
const NEAR_PX = 1_000_000;

export class View {
  /** Whether the newest row stays in view. */
  following = true;
  /** Whether that is the first one. */
  newestFirst = false;
  /** Whether a row is as high as its words need. */
  wraps = false;
  /** Where rows stand, and how high they are. */
  scroll = new Scroll();
  #fill;
  #make;
  #moved;
  #count = 0;
  #height = 0;
  /** Where the page is scrolled to, as far as is known. */
  #at = 0;
  /** The rows in the document by their place. @type {Map<number, HTMLElement>} */
  #rows = new Map();
  /** @type {HTMLElement[]} */
  #unused = [];
  #base = 0;
  #sizer = make("div", "", { class: "sizer", role: "presentation" });
  #layer = make("div", "", { class: "layer", role: "presentation" });
  #probe = make("div", "", { class: "row probe", "aria-hidden": "true" });
  #observer;

  /**
   * @param {HTMLElement} element what scrolls
   * @param {{ make: () => HTMLElement, fill: (row: HTMLElement, place: number) => void, moved: () => void }} parts
   *   `moved`: told when somebody has scrolled
   */
  constructor(element, { make, fill, moved }) {
    this.element = element;
    this.#make = make;
    this.#fill = fill;
    this.#moved = moved;
    this.#sizer.append(this.#layer);
    element.append(this.#sizer, this.#probe);
    element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#observer = new ResizeObserver(() => this.measure());
  }

  connect() {
    this.#observer.observe(this.element);
    this.#observer.observe(this.#probe);
  }

  disconnect() {
    this.#observer.disconnect();
  }

  /** How many rows one sees at once. */
  get rowsInView() {
    const [first, end] = this.scroll.rows;
    return Math.max(1, end - first - 1);
  }

  /** The first row that one sees. */
  get first() {
    return this.scroll.rows[0];
  }

  /** @param {number} count how many rows there are @param {number} moved by how many places the others have moved up @param {boolean} anew whether rows say something else */
  update(count, moved, anew) {
    this.#count = count;
    const isOther = moved !== 0 || anew;
    if (isOther) this.scroll.shift(moved);
    if (isOther) this.#refill();
    this.#resize();
  }

  /** Writes all rows in the document anew. */
  refresh() {
    for (const [place, row] of this.#rows) this.#fill(row, place);
  }

  /** @param {number} place @param {"center" | "nearest"} where */
  show(place, where) {
    this.scroll.show(place, where);
    this.following = this.#count > 0 && this.#isAtNewest && place === (this.newestFirst ? 0 : this.#count - 1);
    this.#go();
  }

  follow() {
    this.following = true;
    this.#resize();
  }

  /** Is laid out anew. */
  measure() {
    // Of what is not shown browsers tell a height all the same.
    this.#height = this.element.clientHeight && parseFloat(getComputedStyle(this.#probe).height);
    this.scroll.shift(0);
    this.#refill();
    this.#resize();
    this.#moved();
  }

  #resize() {
    // It is not shown.
    if (!this.#height) return;
    this.scroll.resize(this.#count, this.#height, this.element.clientHeight);
    this.#sizer.style.height = `${this.scroll.size}px`;
    if (this.following) this.scroll.top = this.newestFirst ? 0 : this.scroll.max;
    this.#go();
  }

  /** Scrolls the page to where the rows are. */
  #go() {
    const { pageTop } = this.scroll;
    if (Math.abs(this.element.scrollTop - pageTop) >= 1) this.element.scrollTop = pageTop;
    this.#at = this.element.scrollTop;
    this.#paint();
  }

  #scrolled() {
    const { scrollTop } = this.element;
    // It was this page's own doing.
    if (Math.abs(scrollTop - this.#at) < 1 || !this.#height) return;
    this.scroll.move(scrollTop, this.#at);
    this.#at = scrollTop;
    this.following = this.#isAtNewest;
    this.#paint();
    this.#moved();
  }

  get #isAtNewest() {
    return this.newestFirst ? this.scroll.isAtStart : this.scroll.isAtEnd;
  }

  #refill() {
    for (const row of this.#rows.values()) row.remove();
    this.#unused.push(...this.#rows.values());
    this.#rows.clear();
  }

  #paint() {
    const [seen, below] = this.scroll.rows;
    const first = Math.max(0, seen - SPARE);
    const end = Math.min(this.#count, below + SPARE);
    for (const [place, row] of this.#rows) {
      if (place >= first && place < end) continue;
      this.#rows.delete(place);
      row.remove();
      this.#unused.push(row);
    }
    const top = this.scroll.topOf(first);
    if (Math.abs(top - this.#base) > NEAR_PX) this.#base = top;
    this.#layer.style.top = `${this.#at - this.scroll.top + this.#base}px`;
    // In the document they stand in their order, as whoever reads it aloud expects.
    let next = null;
    for (let place = end - 1; place >= first; place--) {
      let row = this.#rows.get(place);
      if (!row) {
        row = this.#unused.pop() ?? this.#make();
        this.#rows.set(place, row);
        this.#fill(row, place);
        this.#layer.insertBefore(row, next);
      }
      row.style.top = `${this.scroll.topOf(place) - this.#base}px`;
      next = row;
    }
    if (this.scroll.measure?.(this.#rows)) this.#resize();
  }
}

// Where rows stand in a page that scrolls. Browsers cut what is higher than 16 to 33 million pixels, so of more rows a
// pixel of the scroll bar is more than a pixel of the rows.

/** Below the limits of all browsers: 17,895,697 in Firefox, 16,777,216 where positions are floats. */
export const MAX_PX = 16_000_000;

export class Scroll {
  /** How far the rows are scrolled, in pixels of theirs. */
  top = 0;
  /** How many rows there are. */
  count = 0;
  /** How high the lowest is. */
  row = 1;
  #view = 0;

  /** @param {number} rows how many @param {number} row the height of one, or of the lowest @param {number} view that of what one sees */
  resize(rows, row, view) {
    this.count = rows;
    this.top *= row / this.row;
    this.row = row;
    this.#view = view;
    this.top = Math.min(this.top, this.max);
  }

  /** Rows have moved up by so many places, also while nobody sees them. */
  shift(places) {
    this.top = Math.max(0, this.top - places * this.row);
  }

  /** Where a row begins. @param {number} place */
  topOf(place) {
    return place * this.row;
  }

  /** The row that is so far down, and how much of it is above. @param {number} px */
  placeAt(px) {
    return px / this.row;
  }

  /** How far they can be scrolled. */
  get max() {
    return Math.max(0, this.topOf(this.count) - this.#view);
  }

  /** How high the page has to be. */
  get size() {
    return Math.min(this.topOf(this.count), MAX_PX);
  }

  get #scale() {
    const pageMax = this.size - this.#view;
    return pageMax > 0 ? this.max / pageMax : 1;
  }

  /** Where the page has to be scrolled to. */
  get pageTop() {
    return this.top / this.#scale;
  }

  /**
   * The page was scrolled by somebody, from one place of its own to another: a little to the pixel, and far to the same share.
   * @param {number} to @param {number} [from]
   */
  move(to, from = NaN) {
    const moved = this.top + (to - from);
    const isNear = Math.abs(to - from) < 3 * this.#view;
    const isInside = to > 0 && to < this.size - this.#view - 1;
    this.top = Math.min(this.max, Math.max(0, isNear && isInside ? moved : to * this.#scale));
  }

  get isAtStart() {
    return this.top <= 2 * this.#scale;
  }

  get isAtEnd() {
    // Browsers round to the pixels of the screen.
    return this.top >= this.max - 2 * this.#scale;
  }

  /** The first row in view and the first one below it. */
  get rows() {
    const [first, end] = [Math.floor(this.placeAt(this.top)), Math.ceil(this.placeAt(this.top + this.#view))];
    return [first, end].map((place) => Math.min(place, this.count));
  }

  /** Brings a row into view: to its middle, or by as little as may be. @param {"center" | "nearest"} where */
  show(row, where) {
    const top = this.topOf(row);
    const spare = this.#view - this.topOf(row + 1) + top;
    let to = Math.min(Math.max(this.top, top - spare), top);
    if (where === "center" && to !== this.top) to = top - spare / 2;
    this.top = Math.min(this.max, Math.max(0, to));
  }
}

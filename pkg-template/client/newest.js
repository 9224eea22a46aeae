// The newest of what a server sends, within a number and a size. What is older is dropped and counted.

/** Bytes for each item that may be kept. A log line of a real run takes about 600. */
const ITEM_BYTES = 3_200;

/** So many have room in any case, 16 MB: a page that keeps few lines may get long ones. */
const ITEMS = 5_000;

/** What a value takes besides its text. */
const VALUE_BYTES = 16;

export class Newest {
  items = [];
  dropped = 0;
  #limit;
  #slack;
  #sizes = [];
  #size = 0;

  /**
   * @param {number} limit how many items
   * @param {number} [slack] how many more before they are dropped together, since dropping one costs as much as many
   */
  constructor(limit, slack = 0) {
    this.#limit = limit;
    this.#slack = slack;
  }

  /** `freezes`: through and through, since it is handed to many; in one go with the size. */
  push(item, freezes = false) {
    const size = sizeOf(item, freezes);
    this.items.push(item);
    this.#sizes.push(size);
    this.#size += size;
    const over = this.items.length - this.#limit;
    const most = ITEM_BYTES * Math.max(ITEMS, this.#limit);
    if (over <= this.#slack && this.#size <= most) return;
    let count = over > this.#slack ? over : 0;
    let left = this.#size;
    for (let n = 0; n < count || left > most; n++) {
      left -= this.#sizes[n];
      count = Math.max(count, n + 1);
    }
    this.#cut(count);
    this.dropped += count;
  }

  shift() {
    const [item] = this.items;
    this.#cut(1);
    return item;
  }

  /** Begins with what another one holds, and with what that has dropped. */
  take(other) {
    for (const item of other.items) this.push(item);
    this.dropped += other.dropped;
  }

  clear() {
    this.#cut(this.items.length);
  }

  #cut(count) {
    this.items.splice(0, count);
    for (const size of this.#sizes.splice(0, count)) this.#size -= size;
  }
}

/** About how many bytes a value takes in a page. As JSON it can have a tenth: `[[],[],…`. */
function sizeOf(value, freezes) {
  if (typeof value === "string") return VALUE_BYTES + 2 * value.length;
  if (value === null || typeof value !== "object") return VALUE_BYTES;
  if (ArrayBuffer.isView(value)) return VALUE_BYTES + value.byteLength;
  if (freezes) Object.freeze(value);
  let size = 3 * VALUE_BYTES;
  for (const key of Object.keys(value)) size += 2 * key.length + sizeOf(value[key], freezes);
  return size;
}

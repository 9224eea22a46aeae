// The trace of one connection: its beginning, from which it can be replayed, and its newest part.

/** Characters of each of the two: some minutes of a busy research, in a memory that no page notices. */
const ROOM = 131_072;

export class Journal {
  #beginning = [];
  #room = ROOM;
  #newest = [];
  #kept = 0;
  #dropped = { lines: 0, characters: 0 };

  add(line) {
    if (line.length < this.#room) {
      this.#room -= line.length + 1;
      this.#beginning.push(line);
      return;
    }
    // What follows something left out cannot be replayed.
    this.#room = 0;
    this.#newest.push(line);
    this.#kept += line.length + 1;
    let first = 0;
    while (this.#kept > ROOM) {
      const { length } = this.#newest[first++];
      this.#kept -= length + 1;
      this.#dropped.lines += 1;
      this.#dropped.characters += length;
    }
    this.#newest.splice(0, first);
  }

  toString() {
    const { lines, characters } = this.#dropped;
    const between = lines > 0 ? [`["dropped",${lines},${characters}]`] : [];
    return [...this.#beginning, ...between, ...this.#newest].join("\n");
  }
}

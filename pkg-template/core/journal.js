// The trace of one connection: its beginning, from which it can be replayed, and its newest part.

import { stringify } from "../client/json.js";

/** Characters of each of the two: some minutes of a busy research, in a memory that no page notices. */
const ROOM = 131_072;

/** A line that becomes text when somebody asks for the trace, which is seldom: it has most of what a server sends. */
class Piece {
  #head;
  #bytes;

  constructor(head, bytes) {
    this.#head = head;
    this.#bytes = bytes;
  }

  /** About, since what has to be escaped takes two characters. */
  get length() {
    return this.#head.length + this.#bytes.length + 3;
  }

  toString() {
    return `${this.#head}${stringify(read(this.#bytes))}]`;
  }
}

/** What is no UTF-8 in an array, to tell it from what is: each byte beyond ASCII as U+FFFD. */
function read(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return [Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : "\ufffd")).join("")];
  }
}

export class Journal {
  #beginning = [];
  #room = ROOM;
  #newest = [];
  #kept = 0;
  #dropped = { lines: 0, characters: 0 };

  /** @param {string} text @param {Uint8Array} [bytes] what the line ends with, as a string of JSON, and a bracket */
  add(text, bytes) {
    const line = bytes ? new Piece(text, bytes) : text;
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

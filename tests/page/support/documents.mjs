// The documents that people read: where they are, their headings, links, tables and blocks of code.

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./places.mjs";

/** All of them, by their paths in the checkout. */
export const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  "pkg-template/README.md",
  ...["docs", "docs/guides"].flatMap((folder) => readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith(".md")).map((name) => `${folder}/${name}`)),
];

/** @param {string} name */
export const read = (name) => readFileSync(path.join(ROOT, name), "utf8");

/**
 * A block of code between fences.
 * @typedef {object} Block
 * @property {string} document @property {number} line where it begins
 * @property {string} language of the fence; "" without one
 * @property {string} mark what stands behind it
 * @property {string} code without the indentation that it has in a list
 */

/** The blocks of all documents in one of these languages. @param {string[]} languages */
export const blocksIn = (...languages) => DOCUMENTS.flatMap(blocksOf).filter(({ language }) => languages.includes(language));

/** For the name of a test. @param {Block} block */
export const nameOf = ({ document, line, language }) => `${document}:${line} (${language})`;

/** @param {string} document @returns {Block[]} */
export function blocksOf(document) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {{ indent: string, block: Block, lines: string[] } | undefined} */
  let open;
  for (const [index, text] of read(document).split("\n").entries()) {
    const fence = text.match(/^( *)```(.*)$/);
    const [language = "", mark = ""] = fence?.[2].split(" ") ?? [];
    if (!open && fence) open = { indent: fence[1], block: { document, line: index + 1, language, mark, code: "" }, lines: [] };
    else if (open && fence) {
      blocks.push({ ...open.block, code: open.lines.join("\n") });
      open = undefined;
    } else open?.lines.push(text.startsWith(open.indent) ? text.slice(open.indent.length) : text.trimStart());
  }
  if (open) throw new Error(`${document}: the block of line ${open.block.line} has no end`);
  return blocks;
}

/** The text without blocks of code. @param {string} document */
export const proseOf = (document) => read(document).replace(/^( *)```[^]*?^\1```$/gm, "");

/** The rows of all tables: their cells. @param {string} text @returns {string[][]} */
export function rowsOf(text) {
  return text.split("\n").filter((line) => /^\|(?! ---)/.test(line)).map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

/** What links may lead to in a document, as GitHub makes them of headings. @param {string} document @returns {string[]} */
export function anchorsOf(document) {
  const text = proseOf(document);
  const headings = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-"));
  return [...headings, ...Array.from(text.matchAll(/ id="([^"]+)"/g), ([, id]) => id)];
}

/** Links and pictures. @param {string} document @returns {string[]} */
export const linksOf = (document) => Array.from(proseOf(document).replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)|<[^>]* (?:src|srcset|href)="([^"]+)"/g), ([, link, source]) => link ?? source);

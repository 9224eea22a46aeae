// Lines of the log as text and as JSON, to be copied and downloaded.

import { inSlices } from "./slices.js";

/** Lines that are put together before the browser gets them. */
const PIECE = 256;

/** A line as it stands in a log file. @param {{ text: string, level: string, time: number, count: number }} line */
export function asText({ text, level, time, count }) {
  return `${isoOf(time) ?? "-"} ${level.toUpperCase()} ${text}${count > 1 ? ` (×${count})` : ""}`;
}

/** What JSON has of it. */
function asJson({ number, text, level, time, count }) {
  return JSON.stringify({ number, time: isoOf(time), level, message: text, ...(count > 1 && { count }) });
}

function isoOf(time) {
  // Later ones `Date` cannot write.
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : null;
}

/** @param {import("./lines.js").Lines} lines @param {number[]} ats */
export function textOf(lines, ats) {
  return ats.map((at) => asText(lines.get(at))).join("\n");
}

/**
 * All lines that are there now, in slices.
 * @param {import("./lines.js").Lines} lines @param {"text" | "json"} kind @returns {Promise<string[]>} pieces of the file
 */
export async function fileOf(lines, kind) {
  const isJson = kind === "json";
  const pieces = isJson ? ["[\n"] : [];
  const { end } = lines;
  let at = lines.begin;
  await inSlices(() => {
    const piece = [];
    // The oldest may go meanwhile.
    at = Math.max(at, lines.begin);
    for (const until = Math.min(at + PIECE, end); at < until; at++) {
      piece.push((isJson ? asJson : asText)(lines.get(at)), isJson && at < end - 1 ? ",\n" : "\n");
    }
    pieces.push(piece.join(""));
    return at < end;
  });
  if (isJson) pieces.push("]\n");
  return pieces;
}

// What one does with a log that is there: look at one line, search, copy, download. A page loads it when somebody comes near.

import { fileOf } from "./write.js";

export { Detail } from "./detail.js";
export { Finder, nextError } from "./find.js";

/** @param {import("./lines.js").Lines} lines @param {"text" | "json"} kind @param {string} name */
export async function download(lines, kind, name) {
  const pieces = await fileOf(lines, kind);
  const blob = new Blob(pieces, { type: kind === "json" ? "application/json" : "text/plain" });
  const href = URL.createObjectURL(blob);
  const download = `${name.replace(/[^\w.-]+/g, "_")}.${kind === "json" ? "json" : "log"}`;
  Object.assign(document.createElement("a"), { href, download }).click();
  // The browser has read the address by then.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

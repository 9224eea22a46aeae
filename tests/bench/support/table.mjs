// Numbers in columns, for people.

/** The first column to the left, the others to the right. @param {string[]} head @param {string[][]} rows */
export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join("  ");
  return all.map((row) => line(row).trimEnd()).join("\n");
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Three digits are all that a noisy machine gives. @param {number} value */
export function short(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** `20,000`. @param {number} value */
export function thousands(value) {
  return value.toLocaleString("en");
}

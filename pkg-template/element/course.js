// What a timeline needs to be drawn, whatever its size: scale, phases, marks that are one.

import { asWords } from "./dom.js";

/** It is drawn anew so often at most. */
export const EVERY_MS = 500;
export const SECOND_MS = 1000;
/** Marks of a kind that are nearer than this, in per cent of the whole, are one. */
const NEAR = 4;

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** Lets the element have a style sheet, once. @param {ShadowRoot} root @param {string} css the same for all */
export function sheetOf(root, css) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** From when to when it goes, and how far from its beginning something is, in per cent. */
export function scaleOf({ from, newest, to }, { updatedAt }) {
  // By the server's clock it is now as long after the newest as it is here after that was heard.
  const now = newest === null ? NaN : newest + Math.max(0, Date.now() - (updatedAt ?? Date.now()));
  const end = Math.max(to ?? now, newest ?? NaN, (from ?? NaN) + SECOND_MS);
  return { from: from ?? NaN, to: end, now: to ?? now, place: (at) => Math.max(0, Math.min(100, (100 * (at - from)) / (end - from))) };
}

/** What was done from when to when: milestones until the server says phases, and these then. */
export function spansOf({ phases, milestones, to }, { now }) {
  const first = phases[0]?.from ?? Infinity;
  const before = milestones.filter(({ at }) => at < first).map(({ message, at }) => ({ from: at, name: message }));
  const all = [...before, ...phases.map(({ phase, from }) => ({ from, name: asWords(phase) }))];
  return all.map(({ from, name }, n) => {
    const next = all[n + 1]?.from;
    return { from, name, to: next ?? Math.max(from, now), runs: next === undefined && to === null };
  });
}

/** Those that would lie on one another. @template {{ at: number }} T @param {readonly T[]} marks @returns {T[][]} */
export function near(marks, scale) {
  const groups = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    if (group && scale.place(mark.at) - scale.place(group[0].at) < NEAR) group.push(mark);
    else groups.push([mark]);
  }
  return groups;
}

// What a research did when, as the module tells it and as a page reads it.

/** Before anything is known. */
export const NOTHING = Object.freeze({
  phases: Object.freeze([]),
  milestones: Object.freeze([]),
  progress: Object.freeze([]),
  engines: Object.freeze([]),
  errors: Object.freeze([]),
  from: null,
  newest: null,
  to: null,
  dropped: 0,
});

/** @param {[...lists: (number | string | undefined)[][], dropped: number, newest: number, ended: number | undefined]} told @param {boolean} isOver */
export function timelineOf([phases, milestones, progress, engines, errors, dropped, newest, ended], isOver) {
  const all = [phases, milestones, progress, engines, errors];
  const from = Math.min(...all.map(([at = Infinity]) => at));
  // Where nobody has heard it live, it was when there was something last.
  const to = isOver && from !== Infinity ? (ended ?? newest) : null;
  const spans = each(phases, (from, phase) => ({ phase, from, to }));
  spans.forEach((span, n) => (span.to = spans[n + 1]?.from ?? (to === null ? null : Math.max(span.from, to))));
  return {
    phases: spans,
    milestones: each(milestones, (at, message) => ({ message, at })),
    progress: each(progress, (at, _, percent) => ({ percent, at })),
    engines: each(engines, (at, name, resultCount = null) => ({ name, resultCount, at })),
    errors: each(errors, (at, message) => ({ message, at })),
    from: from === Infinity ? null : from,
    newest: newest === 0 ? null : newest,
    to,
    dropped,
  };
}

function each(values, make) {
  return Array.from({ length: values.length / 3 }, (_, n) => make(...values.slice(3 * n, 3 * n + 3)));
}

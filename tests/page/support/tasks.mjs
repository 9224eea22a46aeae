// How long a page's main thread was busy without a pause, by its own processor time.

/**
 * @typedef {{ wall: number, cpu: number }} Task
 * `wall`: milliseconds from its begin to its end; `cpu`: those in which the thread was really running. On a machine that is
 * busy with other things the first grows without the page's doing. The clock of the second jumps on some virtual machines, by 50 ms within a task of
 * 0.05 ms: more than the first it is not.
 */

/** What the browser itself calls a long task. */
const LONG_TASK_MS = 50;

/**
 * Whether a task is too long, and not by one of those jumps. What is between once and twice the limit is for the benchmarks.
 * @param {Task} task
 */
export const isLong = ({ cpu }) => cpu > 2 * LONG_TASK_MS;

/**
 * Runs `act` and returns the tasks of the page's main thread meanwhile.
 * @param {import("playwright-core").Page} page @param {() => Promise<void>} act
 * @returns {Promise<Task[]>}
 */
export async function tasksDuring(page, act) {
  const events = await eventsDuring(page, "disabled-by-default-devtools.timeline", act);
  // A task without its own processor time is so short that the browser left it out.
  return events.filter(({ name }) => name === "RunTask").map(({ dur, tdur }) => ({ wall: dur / 1000, cpu: Math.min(tdur ?? dur, dur) / 1000 }));
}

/**
 * Runs `act` and returns what Chromium recorded of the page's main thread meanwhile.
 * @param {import("playwright-core").Page} page @param {string} category @param {() => Promise<void>} act
 * @returns {Promise<{ name: string, dur: number, tdur?: number }[]>}
 */
export async function eventsDuring(page, category, act) {
  const browser = /** @type {import("playwright-core").Browser} */ (page.context().browser());
  await browser.startTracing(page, { categories: [category] });
  /** @type {Buffer} */
  let recorded;
  try {
    await act();
  } finally {
    recorded = await browser.stopTracing();
  }
  /** @type {{ traceEvents: any[] }} */
  const { traceEvents } = JSON.parse(recorded.toString());
  const isMain = (/** @type {any} */ event) => event.name === "thread_name" && event.args.name === "CrRendererMain";
  const mains = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid}.${tid}`));
  return traceEvents.filter(({ ph, pid, tid }) => ph === "X" && mains.has(`${pid}.${tid}`));
}

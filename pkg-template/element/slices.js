// Work that takes long, in slices between which the browser has its turn.

/** How long one slice takes, in milliseconds: half a frame. */
const SLICE_MS = 8;

/** Resolves in another task, in a hidden page as well, where timers take a second. */
export function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/**
 * Calls `step` until it returns false.
 * @param {() => boolean} step some microseconds of work; whether there is more
 * @param {{ now?: () => number, between?: () => void }} [parts] `between`: called after each slice but the last
 */
export async function inSlices(step, { now = () => performance.now(), between = () => {} } = {}) {
  for (let begin = now(); step(); ) {
    if (now() - begin < SLICE_MS) continue;
    between();
    await nextTask();
    begin = now();
  }
}

/** How often a page is painted that is hidden and so has no frames, in milliseconds. Browsers make it rarer. */
const WITHOUT_FRAMES_MS = 250;

/** Something to be done once in the next frame, however often it is wished for. */
export class Frame {
  #run;
  #cancel;

  /** @param {() => void} run */
  constructor(run) {
    this.#run = run;
  }

  wish() {
    if (this.#cancel) return;
    const go = () => {
      this.cancel();
      this.#run();
    };
    // Before a frame the browser may not have told yet that somebody has scrolled.
    const timer = setInterval(() => document.hidden && go(), WITHOUT_FRAMES_MS);
    const frame = requestAnimationFrame(go);
    this.#cancel = () => (clearTimeout(timer), cancelAnimationFrame(frame));
  }

  cancel() {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

// Runs in the page before everything else: what lingers for half a second lingers for a minute, so that a busy machine does not
// make a test pass for another reason than the one that it is about.

const { setTimeout: set } = window;
window.setTimeout = (run, ms, ...more) => set(run, ms === 500 ? 60_000 : ms, ...more);

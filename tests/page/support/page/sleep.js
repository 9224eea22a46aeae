// Runs in a page before everything else. A machine that sleeps tells its pages nothing; when it wakes up, the wall clock is ahead,
// while `performance.now()` stood still.

(() => {
  // Freezing the tab is the test's means to let no task run.
  for (const event of ["freeze", "resume"]) document.addEventListener(event, (told) => told.stopImmediatePropagation());

  const now = Date.now.bind(Date);
  let slept = 0;
  Date.now = () => now() + slept;
  window.sleepFor = (ms) => {
    slept += ms;
  };
})();

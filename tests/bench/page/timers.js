// Runs in a page before everything else: counts the timers that are set and those that fire, whoever sets them.

(() => {
  const timers = (window.timers = { set: 0, fired: 0 });
  for (const name of ["setTimeout", "setInterval"]) {
    const own = window[name];
    window[name] = (callback, ...more) => {
      timers.set += 1;
      return own((...args) => {
        timers.fired += 1;
        return callback(...args);
      }, ...more);
    };
  }
})();

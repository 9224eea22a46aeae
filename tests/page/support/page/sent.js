// Runs in a page before everything else: writes down when each request was sent and when it had its answer, or failed, by the page's
// own clock. What a test hears of it comes as late as the machine is busy.

(() => {
  const { fetch } = window;
  window.sent = [];
  window.fetch = (...args) => {
    const one = { url: args[0] instanceof Request ? args[0].url : String(args[0]), at: performance.now(), endedAt: NaN };
    window.sent.push(one);
    const answer = fetch(...args);
    const end = () => (one.endedAt = performance.now());
    answer.then(end, end);
    return answer;
  };
})();

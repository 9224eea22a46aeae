// What the application's progress page does with window.socket: it follows its research, and shows how it is doing. `?update=5` is what
// one call of its handler costs in milliseconds of work; the application draws its icon anew each time, which is about that dear.

(function () {
  "use strict";

  var UPDATE_MS = Number(new URLSearchParams(location.search).get("update"));
  var id = location.pathname.split("/").pop();
  var bar = document.getElementById("progress-bar");
  var percentage = document.getElementById("progress-percentage");
  var status = document.getElementById("status-text");
  var currentTask = document.getElementById("current-task");
  var cancel = document.getElementById("cancel-research-btn");
  var results = document.getElementById("view-results-btn");

  window.api = {
    getResearchStatus: function (which) {
      return fetch("/api/research/" + which + "/status").then(function (response) { return response.json(); });
    }
  };

  /** What a test reads: how often the handler was called, and with what kinds of payloads. */
  window.heard = { calls: 0, lines: 0, statuses: [], others: [] };

  function work() {
    for (var end = performance.now() + UPDATE_MS; performance.now() < end; );
  }

  function handleProgress(data) {
    work();
    window.heard.calls += 1;
    if (data.log_entry && Object.keys(data).length === 1) window.heard.lines += 1;
    if (data.status) window.heard.statuses.push(data.status);
    if (typeof data.progress === "number" && bar) {
      bar.style.width = data.progress + "%";
      bar.parentElement.setAttribute("aria-valuenow", String(data.progress));
      percentage.textContent = data.progress + "%";
      document.title = "Research (" + data.progress + "%)";
    }
    var task = (data.log_entry && data.log_entry.message) || data.message;
    if (task && currentTask) currentTask.textContent = task;
    if (data.status && status) status.textContent = data.status;
    // The application's page writes a line of its own for each message without one.
    if (data.message && !data.log_entry && window.addConsoleLog) window.addConsoleLog(data.message, data.status === "completed" ? "milestone" : "info");
    if (data.status !== "completed") return;
    document.documentElement.dataset.end = data.status;
    if (cancel) cancel.style.display = "none";
    if (results) results.style.display = "inline-block";
  }

  function start() {
    window.socket.subscribeToResearch(id, handleProgress);
    window.socket.onReconnect(function () { window.socket.subscribeToResearch(id, handleProgress); });
  }

  // Other pages of the application have the rest, but not this.
  if (/\/progress\//.test(location.pathname)) document.addEventListener("DOMContentLoaded", start);
})();

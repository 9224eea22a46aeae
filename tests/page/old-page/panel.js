// A log panel that behaves as that of the application's pages (1.5): it loads the stored log itself when it is first expanded, has two
// ways for lines, and expands itself for the first one. `?row=7` is what one row costs in milliseconds of work; the
// application's are about that dear.

(function () {
  "use strict";

  var MAX_ROWS = 500;
  var ROW_MS = Number(new URLSearchParams(location.search).get("row"));
  var id = location.pathname.split("/").pop();
  var panel = document.querySelector(".ldr-collapsible-log-panel");
  var content = document.getElementById("log-panel-content");
  var rows = document.getElementById("console-log-container");
  var isExpanded = false;
  var isLoaded = false;
  var queued = [];

  /** What a test reads: when the first row stood, in milliseconds since the navigation, and how many loads were written. */
  window.seen = { firstRow: null, loads: 0 };

  if (!panel) return;
  // Whatever else says how it is shown: the page makes sure that it is.
  panel.style.display = "flex";

  function say(words) {
    var note = document.createElement("p");
    note.textContent = words;
    rows.replaceChildren(note);
  }

  function rowOf(entry) {
    var row = document.createElement("div");
    row.className = "ldr-console-log-entry";
    row.dataset.type = String(entry.type || "info").toLowerCase();
    row.dataset.times = "1";
    row.dataset.at = String(Math.floor(Date.parse(entry.time) / 1000));
    [new Date(entry.time).toLocaleTimeString(), row.dataset.type, entry.message].forEach(function (text, n) {
      var part = document.createElement("span");
      part.className = ["ldr-log-timestamp", "ldr-log-badge", "ldr-log-message"][n];
      part.textContent = text;
      row.appendChild(part);
    });
    return row;
  }

  function work() {
    for (var end = performance.now() + ROW_MS; performance.now() < end; );
  }

  function countUp(row) {
    row.dataset.times = String(Number(row.dataset.times) + 1);
    var badge = row.querySelector(".times") || row.appendChild(document.createElement("span"));
    badge.className = "times";
    badge.textContent = "(" + row.dataset.times + "×)";
  }

  function add(entry) {
    work();
    var note = rows.querySelector("p");
    if (note && !note.dataset.loading) note.remove();
    var type = String(entry.type || "info").toLowerCase();
    var newest = Array.from(rows.querySelectorAll(".ldr-console-log-entry")).slice(0, 10);
    var same = newest.find(function (row) {
      return type !== "milestone" && row.dataset.type === type && row.querySelector(".ldr-log-message").textContent === entry.message;
    });
    if (same) return countUp(same);
    rows.insertBefore(rowOf(entry), rows.firstChild);
    var all = rows.querySelectorAll(".ldr-console-log-entry");
    for (var n = MAX_ROWS; n < all.length; n += 1) all[n].remove();
    if (window.seen.firstRow === null) window.seen.firstRow = performance.now();
    document.getElementById("log-indicator").textContent = String(rows.querySelectorAll(".ldr-console-log-entry").length);
  }

  /** Of the same text within a minute only one is kept, with the later time. */
  function unique(lines) {
    var kept = [];
    var byText = new Map();
    lines.forEach(function (line) {
      if (!line.timestamp) return;
      var text = line.message.trim().toLowerCase();
      var before = byText.get(text);
      if (before && Math.abs(Date.parse(line.timestamp) - Date.parse(before.time)) < 60000) {
        if (Date.parse(line.timestamp) > Date.parse(before.time)) before.time = line.timestamp;
        return;
      }
      var entry = { time: line.timestamp, message: line.message, type: line.log_type };
      byText.set(text, entry);
      kept.push(entry);
    });
    return kept.sort(function (a, b) { return Date.parse(a.time) - Date.parse(b.time); });
  }

  function fetchLines() {
    return fetch("/api/research/" + id + "/logs").then(function (response) { return response.json(); });
  }

  function load() {
    say("Loading…");
    rows.firstChild.dataset.loading = "yes";
    fetchLines().then(function (answer) {
      var lines = unique(Array.isArray(answer) ? answer : answer.logs || []);
      window.seen.loads += 1;
      if (lines.length === 0) return say("There are no lines.");
      rows.innerHTML = "";
      var all = document.createDocumentFragment();
      lines.forEach(function (entry) { all.appendChild(rowOf(entry)); });
      rows.appendChild(all);
      while (rows.children.length > MAX_ROWS) rows.firstElementChild.remove();
    }).catch(function (error) {
      window.seen.loads += 1;
      say("The log could not be loaded: " + error.message);
    });
  }

  function toggle() {
    isExpanded = !isExpanded;
    content.classList.toggle("collapsed", !isExpanded);
    if (!isExpanded) return;
    if (!isLoaded) load();
    isLoaded = true;
    queued.splice(0).forEach(add);
  }

  document.getElementById("log-panel-toggle").addEventListener("click", toggle);
  document.getElementById("log-download-button").addEventListener("click", function () {
    fetchLines().then(function (answer) { window.seen.downloaded = answer.length; });
  });
  say("Expand to see the log.");

  window.addConsoleLog = function (message, level, metadata) {
    var entry = { time: new Date().toISOString(), message: message, type: level || "info", metadata: metadata };
    if (isExpanded) return add(entry);
    queued.push(entry);
    document.getElementById("log-panel-toggle").click();
  };

  var lately = new Map();
  window._socketAddLogEntry = function (entry) {
    var key = entry.message + "-" + (entry.type || "info");
    if (Date.now() - lately.get(key) < 10000) return;
    lately.set(key, Date.now());
    add(entry);
  };
})();

// What the application's progress page does with window.socket: it follows its research, and shows how it is doing.

(function () {
  "use strict";

  var id = location.pathname.split("/").pop();

  window.api = {
    getResearchStatus: function (which) {
      return fetch("/api/research/" + which + "/status").then(function (response) { return response.json(); });
    }
  };

  function handleProgress(data) {
    if (typeof data.progress === "number") document.getElementById("bar").value = data.progress;
    var task = (data.log_entry && data.log_entry.message) || data.message;
    if (task) document.getElementById("task").textContent = task;
    if (data.status === "completed") document.documentElement.dataset.end = data.status;
  }

  function start() {
    window.socket.subscribeToResearch(id, handleProgress);
    window.socket.onReconnect(function () { window.socket.subscribeToResearch(id, handleProgress); });
  }

  document.addEventListener("DOMContentLoaded", start);
})();

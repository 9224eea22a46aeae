// A script that behaves as the application's own socket.js (1.5) on top of socket.io-client, as far as lines and handlers go: it asks to
// `join`, which the server has no handler for, gives up after five attempts, drops what has the same time and text, and asks for the
// status every three seconds from its first subscription on.

window.socket = (function () {
  "use strict";

  var socket = null;
  var current = null;
  var reconnected = null;
  var polling = false;
  var handlers = new Map();
  window._processedSocketMessages = new Map();

  function init() {
    if (socket) return socket;
    socket = io(location.origin, {
      path: "/socket.io",
      reconnection: true,
      reconnectionDelay: 1000,
      reconnectionAttempts: 5,
      transports: ["websocket", "polling"]
    });
    socket.on("connect", function () {
      polling = false;
      if (current) subscribe(current);
      if (reconnected) reconnected();
    });
    socket.on("disconnect", function () { if (current) poll(current); });
    return socket;
  }

  function subscribe(id, callback) {
    init();
    current = id;
    if (!handlers.has(id)) handlers.set(id, new Set());
    if (callback) handlers.get(id).add(callback);
    if (!socket.connected) return poll(id);
    socket.emit("join", { research_id: id });
    socket.off("progress_" + id);
    socket.on("progress_" + id, function (data) { handle(id, data); });
  }

  function poll(id) {
    polling = true;
    var interval = setInterval(function () {
      window.api.getResearchStatus(id).then(function (data) {
        handle(id, data);
        if (data.status === "completed") clearInterval(interval);
      });
    }, 3000);
  }

  function handle(id, data) {
    var seen = window._processedSocketMessages;
    var line = data.log_entry;
    if (line) {
      var key = line.time + "-" + line.message;
      if (!seen.has(key)) {
        seen.set(key, Date.now());
        window.addConsoleLog(line.message, line.type || "info", line.metadata);
      }
    } else if (data.message) {
      window.addConsoleLog(data.message, data.status === "completed" ? "milestone" : "info");
    }
    handlers.get(id).forEach(function (handler) { handler(data); });
  }

  document.addEventListener("DOMContentLoaded", function () { setTimeout(init, 100); });

  return {
    init: init,
    subscribeToResearch: subscribe,
    onReconnect: function (callback) { reconnected = callback; },
    disconnect: function () { socket.disconnect(); },
    getSocketInstance: function () { return socket; },
    isConnected: function () { return Boolean(socket && socket.connected); },
    isUsingPolling: function () { return polling; }
  };
})();

// A page as it was written for the application's own script, which gave it `window.socket`.

window.addConsoleLog = (message) => {
  const item = document.createElement("li");
  item.textContent = message;
  document.getElementById("log").append(item);
};

const id = location.pathname.split("/").pop();
window.socket.subscribeToResearch(id, (data) => {
  if (typeof data.progress === "number") document.getElementById("bar").value = data.progress;
  if (data.status) document.getElementById("status").textContent = data.status;
});

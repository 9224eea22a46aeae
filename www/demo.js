// The demo: starts a research, shows what the package tells of it, and breaks things on request.

import { connect } from "/pkg/index.js";
import { ConnectionPanel } from "./connection-panel.js";
import "./doctor-panel.js";
import { LogPanel } from "./log-panel.js";

const STATUS = {
  completed: ["Completed", "good"],
  failed: ["Failed", "bad"],
  error: ["Error", "bad"],
  suspended: ["Cancelled", "stopped"],
  cancelled: ["Cancelled", "stopped"],
  queued: ["Queued", "waiting"],
  pending: ["Pending", "waiting"],
};
const OVER = new Set(["completed", "failed", "error", "suspended", "cancelled"]);
const SOURCE = { live: "the connection", fallback: "asking", history: "the stored log" };
const NUMBERS = {
  connects: "Connections",
  attempts: "Attempts",
  statusChecks: "Status requests",
  requests: "Requests",
  bytesReceived: "Received",
  lines: "Lines",
  duplicates: "Duplicates dropped",
  refused: "Refused",
};

const $ = (id) => document.getElementById(id);
const announce = (text) => ($("announcer").textContent = text);
const log = new LogPanel();

let client;
let panel;
/** The research that is shown. */
let research;
let failure;
/** How it ended, and when, so that the clock stops. */
let end;
let over = 0;
let frame = 0;

try {
  client = await connect();
  panel = new ConnectionPanel(client, announce);
  // What failed for want of the server is no news any more.
  client.on("connect", () => complain());
  $("go").disabled = false;
  const id = /^\/progress\/([^/]+)$/.exec(location.pathname)?.[1];
  if (id) follow(decodeURIComponent(id));
} catch (error) {
  $("badge").textContent = $("connection").textContent = "Not started";
  complain(error);
}

// Each research has an address of its own; going back leads to the one before.
addEventListener("popstate", () => location.reload());

setInterval(() => {
  if (document.hidden || !client) return;
  showNumbers();
  showTime();
}, 500);

// --- The research ----------------------------------------------------------------------------------------------------

function follow(id, title = `Research ${id}`) {
  research?.unsubscribe();
  [failure, end, over] = [undefined, undefined, 0];
  research = client.subscribe(id);
  $("title").textContent = title;
  document.title = `${title} – research-socket`;
  log.show(() => research.state.logs);

  // The handlers only note; what is seen is painted once a frame, however much comes.
  research.on("update", paint);
  research.on("task", paint);
  research.on("engine", paint);
  research.on("status", paint);
  research.on("log", (entry) => log.add(entry));
  research.on("failure", (given) => {
    failure = given;
    paint();
    announce(`${given.title}. ${given.text}`);
  });
  research.on("gap", ({ recovered, missing }) => {
    panel.note(`log lines: ${recovered} came late, ${missing === null ? "and nobody can tell how many" : missing} are missing`);
  });
  research.on("end", (given) => {
    [end, over] = [given, Date.now()];
    paint();
    announce(`The research is over: ${STATUS[end.status]?.[0] ?? end.status}. ${end.message ?? ""}`);
  });
  paint();
}

function paint() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    show(research.state);
  });
}

function show({ status, progress, currentTask, message, engine, phase, source, queuePosition }) {
  const isOver = OVER.has(status);
  const [word, kind] = STATUS[status] ?? [status ? "Running" : "Waiting for news", status ? "running" : "waiting"];
  const chip = $("status");
  chip.hidden = false;
  chip.textContent = queuePosition && !isOver ? `${word}, number ${queuePosition}` : word;
  chip.dataset.kind = kind;

  const bar = $("bar");
  const unknown = progress === null;
  bar.dataset.kind = kind;
  bar.toggleAttribute("data-unknown", unknown && !isOver && status !== null);
  bar.style.setProperty("--percent", progress ?? 0);
  if (unknown) bar.removeAttribute("aria-valuenow");
  else bar.setAttribute("aria-valuenow", Math.round(progress));
  bar.setAttribute("aria-valuetext", unknown ? word : `${Math.round(progress)} percent, ${word}`);
  $("percent").textContent = unknown ? "" : `${Math.round(progress)} %`;

  $("task").textContent = end?.message ?? currentTask ?? message ?? (status ? "" : "Nothing has been heard of it yet.");
  $("engine").textContent = engine ? engine.name + (typeof engine.resultCount === "number" ? `, ${engine.resultCount} results` : "") : "–";
  $("phase").textContent = phase ? phase.replaceAll("_", " ") : "–";
  $("source").textContent = SOURCE[source] ?? "–";
  $("failure").hidden = !failure;
  $("failure-title").textContent = failure?.title ?? "";
  $("failure-text").textContent = failure?.text ?? "";
  for (const id of ["cancel", "fail"]) $(id).disabled = isOver;
  for (const id of ["refresh", "burst"]) $(id).disabled = false;
  showTime();
}

function showTime() {
  if (!research) return;
  const { startedAt, estimatedTimeLeft } = research.state;
  if (startedAt === null) return;
  const left = !over && estimatedTimeLeft !== null ? `, about ${duration(estimatedTimeLeft)} left` : "";
  $("elapsed").textContent = duration((over || Date.now()) - startedAt) + left;
}

function showNumbers() {
  const stats = client.stats();
  const items = Object.entries(NUMBERS).map(([name, title]) => {
    const value = stats[name] ?? 0;
    return [title, name === "bytesReceived" ? `${(value / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} kB` : value.toLocaleString("en")];
  });
  const list = $("stats");
  if (list.childElementCount === 0) {
    list.append(...items.map(([title]) => {
      const item = document.createElement("div");
      item.append(Object.assign(document.createElement("dt"), { textContent: title }), document.createElement("dd"));
      return item;
    }));
  }
  items.forEach(([, value], index) => {
    const cell = list.children[index].lastChild;
    // Writing the same text would still cost a layout.
    if (cell.textContent !== value) cell.textContent = value;
  });
}

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

// --- What the page does ----------------------------------------------------------------------------------------------

$("start").addEventListener("submit", async (event) => {
  event.preventDefault();
  const query = $("query").value.trim();
  const outcome = $("outcome").value;
  const body = { query, step_ms: Number($("speed").value), outcome: outcome === "completed" ? outcome : { failed: outcome } };
  const answer = await post("/api/start_research", body);
  if (!answer) return;
  history.pushState(null, "", `/progress/${encodeURIComponent(answer.research_id)}`);
  follow(answer.research_id, query);
});

$("cancel").addEventListener("click", () => research.cancel().catch(complain));
$("refresh").addEventListener("click", () => research.refresh());

// --- What goes wrong on request --------------------------------------------------------------------------------------

/** The network comes back by itself: a page that is loaded anew could not give it back. */
const CUT_MS = 120_000;
/** The timer for that, while it is cut. */
let cut = 0;

$("network").addEventListener("click", async () => {
  if (!(await post(cut ? "/control/online" : "/control/offline", cut ? {} : { ms: CUT_MS }))) return;
  if (cut) return mend();
  cut = setTimeout(mend, CUT_MS);
  $("network").setAttribute("aria-pressed", true);
  $("network").textContent = "Give the network back";
});

function mend() {
  clearTimeout(cut);
  cut = 0;
  $("network").setAttribute("aria-pressed", false);
  $("network").textContent = "Cut the network";
}

$("restart").addEventListener("click", () => post("/control/restart", { down_ms: 3000 }));
$("stop").addEventListener("click", () => post("/control/restart", { down_ms: 30_000 }));
$("fail").addEventListener("click", () => post("/control/end", { research_id: research.id, outcome: { failed: "rate_limit" } }));
$("burst").addEventListener("click", () => post("/control/burst", { research_id: research.id, lines: 3000, prefix: "Line" }));
$("garbage").addEventListener("click", async () => {
  // Broken packets, then sound packets with payloads that no page should have to understand.
  await post("/control/emit", { packets: ["42[", "zzz", '42{"no":"array"}', '451-["half"]'] });
  if (!research) return;
  await post("/control/emit", { research_id: research.id, data: { progress: "plenty", status: "banana", message: 7, log_entry: "?" } });
});

/** Returns the answer, or nothing after having said why there is none. */
async function post(path, body) {
  try {
    const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    complain();
    return text ? JSON.parse(text) : {};
  } catch (error) {
    complain(error);
  }
}

/** Shows an error; without one, takes the last away. */
function complain(error) {
  $("notice").hidden = !error;
  $("notice").textContent = error ? `${error.code ? `${error.code}: ` : ""}${error.message}` : "";
}

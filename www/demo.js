// The demo: starts researches, has the package's elements show them, and breaks things on request.

import { connect } from "/pkg/index.js";
import "/pkg/element.js";
import "/pkg/list.js";
import "./copy-code.js";
import "./doctor-panel.js";
import { makeTrouble } from "./trouble.js";
import { Underneath } from "./underneath.js";

/** Question, milliseconds between two steps, and how it ends; `null` waits for ever. */
const TEN = [
  ["How do corals sense the moon?", 150, "completed"],
  ["What does storing power cost?", 300, "completed"],
  ["Why do cats purr?", 500, "rate_limit"],
  ["How old is writing?", 700, "completed"],
  ["What is in river mud?", 1000, "completed"],
  ["Which birds sleep in flight?", 1400, "token_limit"],
  ["How is glass made today?", 2000, "completed"],
  ["Where does tea come from?", 2800, "completed"],
  ["How deep do roots grow?", 4000, "completed"],
  ["Who waits for an answer?", 1000, null],
];

const $ = (id) => document.getElementById(id);
const element = $("progress");
const list = $("list");
const underneath = new Underneath();
/** What each research is called, by its id. */
const titles = new Map();

/** How a research ends, as the server wants it. */
const outcomeOf = (name) => (name === "completed" ? name : { failed: name });

// Each research has an address of its own; going back leads to the one before.
addEventListener("popstate", followAddress);
followAddress();

try {
  // The elements connect by themselves. This call shares their connection, and shows how it is.
  const client = await connect();
  underneath.watch(client);
  // What failed for want of the server is no news any more.
  client.on("connect", () => complain());
  $("go").disabled = $("ten").disabled = false;
} catch (error) {
  complain(error);
}

// --- Researches ------------------------------------------------------------------------------------------------------

function followAddress() {
  const id = /^\/progress\/([^/]+)$/.exec(location.pathname)?.[1];
  follow(id ? decodeURIComponent(id) : null);
}

/** Shows a research, or that there is none. */
function follow(id, title = titles.get(id) ?? `Research ${id}`) {
  if (id) titles.set(id, title);
  $("title").textContent = id ? title : "No research yet";
  $("nothing").hidden = id !== null;
  element.hidden = id === null;
  element.researchId = id;
  for (const name of ["refresh", "burst", "fail"]) $(name).disabled = id === null;
}

function goTo(id, title) {
  history.pushState(null, "", `/progress/${encodeURIComponent(id)}`);
  follow(id, title);
}

$("start").addEventListener("submit", async (event) => {
  event.preventDefault();
  const query = $("query").value.trim();
  const answer = await post("/api/start_research", { query, step_ms: Number($("speed").value), outcome: outcomeOf($("outcome").value) });
  if (answer) goTo(answer.research_id, query);
});

$("ten").addEventListener("click", async () => {
  const started = await Promise.all(
    TEN.map(async ([title, step_ms, outcome]) => {
      const answer = await post("/control/research", { query: title, step_ms, script: outcome !== null, ...(outcome && { outcome: outcomeOf(outcome) }) });
      return answer && { id: answer.research_id, title };
    }),
  );
  list.researches = started.filter(Boolean);
  list.hidden = list.researches.length === 0;
});

// A row leads to the research above, and leaves list and connection as they are.
list.addEventListener("click", (event) => {
  const link = event.composedPath().find(({ localName }) => localName === "a");
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const id = decodeURIComponent(new URL(link.href).pathname.split("/").at(-1));
  goTo(id, list.researches.find((research) => research.id === id)?.title);
  $("research").focus();
});

element.addEventListener("research-status", () => ($("fail").disabled = false));
element.addEventListener("research-end", ({ detail: { status } }) => {
  $("fail").disabled = true;
  underneath.note(`end: ${status}`);
});
element.addEventListener("research-gap", ({ detail: { recovered, missing } }) => {
  underneath.note(`log lines: ${recovered} came late, ${missing === null ? "and nobody can tell how many" : missing} are missing`);
});
element.addEventListener("research-error", ({ detail }) => complain(detail));
$("refresh").addEventListener("click", () => element.research?.refresh());

makeTrouble(post, () => element.researchId);

// --- Requests of the page's own --------------------------------------------------------------------------------------

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

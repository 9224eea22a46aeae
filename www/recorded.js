// A recorded run, played into the element: no server is asked.

import "./pkg/element.js";
import { play } from "./recorded-run.js";

const $ = (id) => document.getElementById(id);
const element = $("progress");

let stop = () => {};

function begin(recording, speed) {
  stop();
  const run = play(recording, speed);
  stop = run.stop;
  // Both at once: the element begins anew in the next microtask.
  [element.client, element.research] = [run.client, run.research];
}

try {
  const response = await fetch(new URL("./recorded.json", import.meta.url));
  if (!response.ok) throw new Error(`recorded.json: ${response.status}`);
  const recording = await response.json();
  $("title").textContent = recording.title;
  $("again").addEventListener("click", () => begin(recording, 1));
  $("fast").addEventListener("click", () => begin(recording, 10));
  $("again").disabled = $("fast").disabled = false;
  begin(recording, 1);
} catch (error) {
  $("notice").hidden = false;
  $("notice").textContent = error.message;
}

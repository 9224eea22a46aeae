// The doctor: what it found, what to change, and how much it looked at. It works where connect() does not.

import { doctor } from "/pkg/doctor.js";

const button = document.getElementById("doctor");
const patient = document.getElementById("patient");
const diagnosis = document.getElementById("diagnosis");

button.addEventListener("click", async () => {
  // Not disabled, which would take the focus away from who pressed it.
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  diagnosis.replaceChildren(text("p", "Looking at page and server …"));
  try {
    // With patience it says how long it takes.
    const logger = { debug: (words) => diagnosis.append(text("p", words.replace("research-socket: t", "T"))) };
    show(await doctor({ patient: patient.checked, logger }));
  } catch (error) {
    diagnosis.replaceChildren(text("p", error.message));
  } finally {
    button.ariaBusy = "false";
  }
});

function show({ ok, findings, fine, unchecked }) {
  const verdict = ok ? "Nothing is wrong." : findings.length === 1 ? "One finding:" : `${findings.length} findings:`;
  const list = Object.assign(document.createElement("ul"), { className: "findings" });
  for (const { code, severity, message, setting } of findings) {
    const item = document.createElement("li");
    item.dataset.severity = severity;
    item.append(text("b", code), text("span", message), text("span", setting));
    list.append(item);
  }
  const left = unchecked.length > 0 ? `, ${unchecked.length} could not be looked at` : "";
  diagnosis.replaceChildren(text("p", verdict, ok ? "verdict" : ""), list, text("small", `${fine.length === 1 ? "1 thing is" : `${fine.length} things are`} in order${left}.`));
}

function text(tag, textContent, className = "") {
  return Object.assign(document.createElement(tag), { textContent, className });
}

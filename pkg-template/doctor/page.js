// What the doctor sees in the page itself.

import { allowsWebAssembly } from "../core/runtime.js";

/** From here on people are told, in milliseconds: below it, a `Date` in whole seconds and a slow answer explain it. */
const SKEW_MS = 60_000;

export function checkWasm(diagnosis) {
  if (allowsWebAssembly()) diagnosis.fine("CSP_WASM");
  else diagnosis.find("CSP_WASM");
}

/** By the `Date` of the first answer, which another origin's server shows only if it exposes it. */
export function checkClock({ skew }, diagnosis) {
  if (skew === undefined) return;
  if (Math.abs(skew) < SKEW_MS) diagnosis.fine("CLOCK_SKEW");
  else diagnosis.find("CLOCK_SKEW", { by: `${duration(Math.abs(skew))} ${skew > 0 ? "ahead of" : "behind"}` });
}

function duration(ms) {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

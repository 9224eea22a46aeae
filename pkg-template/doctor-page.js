// What the doctor sees in the page itself.

/** The shortest module there is: its header. */
const EMPTY_MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/** From here on people are told, in milliseconds: below it, a `Date` in whole seconds and a slow answer explain it. */
const SKEW_MS = 60_000;

/** `WebAssembly.validate` says yes even where it is forbidden, and WebKit refuses only to make an instance. */
export function checkWasm(diagnosis) {
  try {
    new WebAssembly.Instance(new WebAssembly.Module(EMPTY_MODULE));
    diagnosis.fine("CSP_WASM");
  } catch {
    diagnosis.find("CSP_WASM");
  }
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

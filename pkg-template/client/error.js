// The one kind of error that this package reports, and how an error of the page's own handlers is shown.

/** A failure with a stable `code`, a `message` in plain words and, where there is one, a `cause`. */
export class ResearchSocketError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ cause?: unknown, [detail: string]: unknown }} [details] further fields become properties
   */
  constructor(code, message, { cause, name: _, ...details } = {}) {
    // An empty message is what people see when something else went wrong; it must not add to that.
    super(message || `The research client failed (${code}).`, cause === undefined ? undefined : { cause });
    Object.assign(this, details, { code });
  }

  // Not the class's own name: minifying changes that one.
  get name() {
    return "ResearchSocketError";
  }
}

/** What to do where there is no browser to connect from. */
export const MOCK = 'In a test without a browser, mock the package, as with jest.mock("research-socket") or vi.mock("research-socket").';

/** Makes a `ResearchSocketError` of what the module throws or tells: an `Error` or `{ code, message, … }`. */
export function toError(given) {
  if (given instanceof ResearchSocketError) return given;
  if (given instanceof Error) return new ResearchSocketError(given.code ?? "INTERNAL", given.message, { cause: given });
  if (given === null || typeof given !== "object") return new ResearchSocketError("INTERNAL", String(given ?? ""));
  const { code, message, ...details } = given;
  return new ResearchSocketError(code ?? "INTERNAL", message, details);
}

/** The warning about an emit whose caller was not told, as when the server says only later how much it takes. */
export function notSent({ message }) {
  return Object.freeze({ code: "emit-not-sent", message });
}

/** Shows an error of a page's handler as the browser shows uncaught errors, and lets the caller go on. */
export function report(error) {
  if (typeof reportError === "function") reportError(error);
  else setTimeout(() => { throw error; });
}

/** Runs one step of a clean-up. What the module refuses then has been told elsewhere; a fault of ours is shown. */
export function attempt(run) {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ResearchSocketError)) report(error);
  }
}

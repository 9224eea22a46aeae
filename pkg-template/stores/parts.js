// What a component can show, each part by itself: a log changes far more often than all else. A part says what it listens to and what
// it makes of what is known; it returns the same object as before where nothing has changed that it shows.

import { UNKNOWN } from "../client/job.js";
import { wantedLevels } from "../client/research.js";

const CONNECTING = Object.freeze({ name: "connecting" });
const CLOSED = Object.freeze({ name: "closed" });

/** How many lines of a log are shown where nobody says it. */
const TAIL = 500;

/**
 * @typedef {object} Part
 * @property {string[]} events of the research that may change it
 * @property {boolean} hears whether the state of the connection may
 * @property {boolean} [alone] whether it needs no research
 * @property {(id: string | undefined) => object} initial before anything is known; without an id nothing is followed
 * @property {(known: object, before: object) => object} read
 * @property {(before: object, error: Error) => object} fail what is shown where `connect` has failed
 */

/** A research but for its log. @type {Part} */
const RESEARCH = {
  events: ["update", "status", "task", "engine", "failure", "gap", "refusal", "history", "end"],
  hears: true,
  initial: (id) =>
    Object.freeze({
      state: Object.freeze({ ...UNKNOWN, id: id ?? "" }),
      connection: id === undefined ? CLOSED : CONNECTING,
      end: null,
      failure: null,
      gap: null,
      research: null,
      client: null,
    }),
  read({ client, research, end, failure, gap }, before) {
    const { logs, droppedLogs, ...state } = research.state;
    // One that nothing is known of yet says less than what was seen last of the same research.
    const isNews = state.source !== null || before.state.source === null;
    return Object.freeze({ state: isNews ? Object.freeze(state) : before.state, connection: client.state, end, failure, gap, research, client });
  },
  fail: failed,
};

/** The newest lines of a log, or of those with one of some levels. @returns {Part} */
export function logPart({ tail = TAIL, level } = {}) {
  if (typeof tail !== "number") throw new TypeError("option `tail` must be a number");
  if (!(tail === Infinity || Number.isSafeInteger(tail)) || tail < 1) throw new RangeError("option `tail` must be a whole number from 1 up, or Infinity");
  const wanted = wantedLevels({ level });
  return {
    events: ["log"],
    hears: false,
    initial: () => NO_LINES,
    read({ research }, before) {
      const { logs } = research.state;
      const lines = [];
      for (let at = logs.length - 1; at >= 0 && lines.length < tail; at -= 1) {
        if (!wanted || wanted.includes(logs[at].level)) lines.push(logs[at]);
      }
      lines.reverse();
      const isSame = lines.length === before.length && lines.every((line, at) => line === before[at]);
      // A log that is fetched anew begins with nothing.
      return isSame || lines.length === 0 ? before : Object.freeze(lines);
    },
    fail: (before) => before,
  };
}

const NO_LINES = Object.freeze([]);

/** The connection, whatever is followed over it. @type {Part} */
const CONNECTION = {
  events: [],
  hears: true,
  alone: true,
  initial: () => Object.freeze({ connection: CONNECTING, client: null }),
  read: ({ client }) => Object.freeze({ connection: client.state, client }),
  fail: failed,
};

function failed(before, error) {
  return Object.freeze({ ...before, connection: Object.freeze({ name: "stopped", reason: error }) });
}

/** Parts by the names that hooks, composables and stores have for them. */
export const PARTS = {
  research: () => RESEARCH,
  log: logPart,
  connection: () => CONNECTION,
};

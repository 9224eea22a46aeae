// What goes wrong in a run, drawn from a seed: the same seed gives the same plan.

import { randomOf } from "../../servers/random.mjs";
import { PATIENCE_MS } from "../support/until.mjs";

/**
 * @typedef {import("../../servers/proxy.mjs").Fault} Fault
 * @typedef {object} Step
 * @property {number} lines how many are written
 * @property {"open" | "drop" | "shut" | "reset"} door `drop`: what is open is reset; `shut`: meanwhile nobody can connect; `reset`: both
 * @property {"heard" | "struck" | "nothing"} wait for what, before the next step (run.mjs)
 * @typedef {object} Plan
 * @property {number} seed
 * @property {"chromium" | "firefox"} browser
 * @property {"flask" | "asgi" | "node"} server
 * @property {number[]} joins one for each tab: before which step it connects
 * @property {object} options of `connect`
 * @property {number} before how many lines there are before anybody connects
 * @property {(Fault | null)[]} faults of one connection after the other; those behind have none
 * @property {Step[]} course
 * @property {boolean} endsEarly whether the research ends before everything is mended
 * @property {"end" | "reset" | "never"} silent what becomes of connections that are silent once everything is mended
 */

export const BROWSERS = /** @type {const} */ (["chromium", "firefox"]);
export const SERVERS = /** @type {const} */ (["flask", "asgi", "node"]);

/** Each costs the time in which a page has to notice. */
const MOST_SILENT = 3;

/** Behind so many bytes of a message: at once, within its headers, in its body, or in a later message. */
const AFTER = {
  up: [[0, 0], [1, 400], [400, 1000], [1000, 6000]],
  down: [[0, 0], [0, 0], [1, 200], [200, 700], [700, 8000]],
};

/** @type {Record<string, (draw: Draw) => Fault>} */
const KINDS = {
  refuse: () => ({ kind: "refuse" }),
  ...byWay("reset"),
  ...byWay("cut"),
  ...byWay("silent"),
  throttle: (draw) => ({ kind: "throttle", rate: draw.int(1, 20) }),
  halve: (draw) => ({ kind: "halve", seed: draw.int(1, 1_000_000) }),
};

/** @param {"reset" | "cut" | "silent"} kind @returns {Record<string, (draw: Draw) => Fault>} */
function byWay(kind) {
  const fault = (/** @type {"up" | "down"} */ way) => (/** @type {Draw} */ draw) => {
    const [least, most] = draw.pick(AFTER[way]);
    return { kind, way, message: draw.pick([1, 1, 2, 3]), after: draw.int(least, most) };
  };
  return { [`${kind} up`]: fault("up"), [`${kind} down`]: fault("down") };
}

/** @param {number} seed from 1 @returns {Plan} */
export function planOf(seed) {
  const draw = new Draw(seed);
  const tabs = draw.int(1, 4);
  const steps = draw.int(3, 8);
  // Half of the kinds, so that those which cover others up are missing now and then.
  const kinds = draw.some(Object.values(KINDS));
  let silent = 0;
  const fault = () => {
    if (draw.chance(0.3)) return null;
    const drawn = draw.pick(kinds)(draw);
    if (drawn.kind === "silent" && ++silent > MOST_SILENT) return { ...drawn, kind: /** @type {const} */ ("reset") };
    return drawn;
  };
  const faults = Array.from({ length: draw.int(3, 8) + 2 * tabs }, fault);
  return {
    seed,
    browser: BROWSERS[seed % 2],
    server: SERVERS[Math.floor(seed / 2) % 3],
    joins: Array.from({ length: tabs }, (_, tab) => (tab === 0 ? 0 : draw.int(0, steps - 1))),
    options: {
      reconnectionDelay: 20,
      reconnectionDelayMax: 200,
      // After two, it polls and looks for the server.
      reconnectionAttempts: draw.chance(0.25) ? 2 : 1000,
      timeout: 5000,
      stallAfter: draw.pick([1000, 3000]),
      flushLogs: draw.chance(0.7),
      fallback: { interval: 200, after: draw.int(1, 4), timeout: silent > 0 ? 5000 : PATIENCE_MS },
    },
    before: draw.int(1, 6),
    faults,
    course: Array.from({ length: steps }, () => ({
      lines: draw.chance(0.1) ? draw.int(40, 120) : draw.int(1, 8),
      door: draw.chance(0.15) ? draw.pick(["drop", "shut", "reset"]) : "open",
      wait: draw.pick(["heard", "heard", "heard", "struck", "struck", "nothing"]),
    })),
    endsEarly: draw.chance(0.5),
    silent: draw.pick(["end", "reset", "never"]),
  };
}

class Draw {
  #random;

  /** @param {number} seed */
  constructor(seed) {
    this.#random = randomOf(seed);
  }

  /** @param {number} least @param {number} most inclusive */
  int(least, most) {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  /** @param {number} share */
  chance(share) {
    return this.#random() < share;
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** At least one, about a half of them. @template T @param {T[]} list */
  some(list) {
    const chosen = list.filter(() => this.chance(0.5));
    return chosen.length > 0 ? chosen : [this.pick(list)];
  }
}

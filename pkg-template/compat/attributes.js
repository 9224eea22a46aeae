// The options that the script's own tag gives: `data-path="/app/socket.io"`, `data-flush-logs="false"` and the like.

import { NAMES, RULES, nearest } from "../client/option-check.js";
import { readOptions } from "../client/options.js";

/** Of these the text of an attribute can be none. */
const WITHOUT = ["dedup"];

/** `fallbackInterval` → `["fallback.interval", rule]`: what is called `data-fallback-interval`. */
const ATTRIBUTES = new Map([
  ["url", ["url", { type: "string" }]],
  // Or a name.
  ["share", ["share", { type: "boolean" }]],
  ...RULES.filter(([name]) => !WITHOUT.includes(name)).map((rule) => [rule[0].replace(/\.(.)/, (_, letter) => letter.toUpperCase()), rule]),
]);

/** The one that is no option of the connection: see in-place.js. */
const ELEMENT = "element";

/** Where a page is does not matter for whether its options are right. */
const ANYWHERE = "https://host.invalid/";

/**
 * What is wrong is named and left out: the people at the page can mend nothing of it, and are better off with the default.
 * @param {DOMStringMap} dataset
 * @param {(words: string) => void} warn
 */
export function optionsOf(dataset, warn) {
  const options = {};
  for (const [key, text] of Object.entries(dataset)) {
    if (key === ELEMENT) continue;
    if (!ATTRIBUTES.has(key)) {
      const words = whatIsUnknown(key);
      if (words) warn(`attribute \`${attribute(key)}\` ${words}`);
      continue;
    }
    const [name, rule] = ATTRIBUTES.get(key);
    const [outer, inner] = name.split(".");
    const value = valueOf(rule, text);
    try {
      readOptions({ [outer]: inner ? { [inner]: value } : value }, ANYWHERE);
    } catch (error) {
      warn(`attribute \`${attribute(key)}\` has no effect: ${error.message}`);
      continue;
    }
    // Whatever the order, what switches all of it off counts, and what merely leaves it on takes nothing away.
    if (!inner) options[outer] = value === true ? (options[outer] ?? value) : value;
    else if (options[outer] !== false) options[outer] = { ...options[outer], [inner]: value };
  }
  return options;
}

/**
 * Whether the element is to take the place of the page's own progress area and log panel.
 * @param {DOMStringMap} dataset
 * @param {(words: string) => void} warn
 */
export function wantsElement({ [ELEMENT]: text = "false" }, warn) {
  const value = valueOf({ type: "boolean" }, text);
  if (typeof value === "boolean") return value;
  warn(`attribute \`${attribute(ELEMENT)}\` has no effect: it must be true or false`);
  return false;
}

/** Tags have attributes of others as well: only what looks like one of these is worth a word. */
function whatIsUnknown(key) {
  if (NAMES.includes(key)) return "has no effect: it is an option of connect() only.";
  const near = key.length <= MAX_KEY && nearest(key, [...ATTRIBUTES.keys(), ELEMENT]);
  return near && `is not known and has no effect. Did you mean \`${attribute(near)}\`?`;
}

/** Longer ones are none of these. */
const MAX_KEY = 60;

function attribute(key) {
  return `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The text as what the option is, or as it is, for the words of the check. An attribute without a text switches on. */
function valueOf({ type, kind, or = [] }, text) {
  if (kind === "an array") return text.split(",").map((part) => part.trim());
  if (type === "boolean" && text === "") return true;
  for (const flag of [true, false]) if (text === String(flag) && (type === "boolean" || or.includes(flag))) return flag;
  return type === "number" && text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
}

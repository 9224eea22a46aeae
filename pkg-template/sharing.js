// Which open connection a call of `connect` gets, if any.

import { attempt } from "./error.js";
import { differences } from "./options.js";

/** Who asks. A connection that asks in one's name is not for another. */
const CREDENTIALS = ["auth", "headers", "query", "withCredentials"];

/**
 * @param {Iterable<import("./link.js").Link>} links those that are open
 * @param {{ key: string, connection: object, shared: object, own: { forceNew?: boolean, logger?: object } }} settings
 */
export function openLink(links, { key, connection, shared, own }) {
  if (own.forceNew) return undefined;
  const wanted = { ...connection, ...shared };
  for (const link of [...links]) {
    if (link.key !== key || link.exclusive) continue;
    if (link.idle) {
      if (takeOver(link, wanted, shared)) return link;
      continue;
    }
    const others = differences(link.options, wanted);
    if (others.some((name) => CREDENTIALS.includes(name))) continue;
    if (others.length > 0) {
      const words = `research-socket: a connection to ${connection.url} is open already and is shared, so these options of this call have no effect: ${others.join(", ")}. With \`forceNew: true\` it has a connection of its own.`;
      attempt(() => own.logger?.warn?.(words));
    }
    // Somebody may have signed in since, and nothing else would try it again.
    if (link.state.name === "stopped") link.connect();
    return link;
  }
  return undefined;
}

/** Nobody has it any more, and it would close in a moment: only if it is exactly what is asked for, nobody sees a difference. */
function takeOver(link, wanted, shared) {
  const same = differences(link.options, wanted).length === 0 && differences(wanted, link.options).length === 0;
  // One that has stopped trying is closed to try again.
  if (!same || link.state.name === "stopped") {
    link.shut();
    return false;
  }
  link.adopt(shared);
  return true;
}

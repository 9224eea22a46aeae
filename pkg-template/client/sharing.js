// Which open connection a call of `connect` gets, if any.

import { attempt } from "./error.js";
import { differences } from "./options.js";

/**
 * @param {Iterable<import("./link.js").Link>} links those that are open
 * @param {{ key: string, connection: object, shared: object, own: { forceNew?: boolean, logger?: object } }} settings
 * @param {{ key?: string }} [answer] what the page's credentials come to now
 */
export function openLink(links, { key, connection, shared, own }, answer) {
  if (own.forceNew) return undefined;
  const wanted = { ...connection, ...shared };
  // The newest first: it knows best who is signed in.
  for (const link of [...links].reverse()) {
    if (link.key !== key || link.exclusive || link.paused) continue;
    const others = differences(link.options, wanted);
    const isTheirs = link.isOf(answer) && !others.includes("withCredentials");
    if (link.idle) {
      if (isTheirs && takeOver(link, others, wanted)) return link;
      link.shut();
      continue;
    }
    if (!isTheirs) continue;
    if (others.length > 0) {
      const words = `research-socket: a connection to ${connection.url} is open already and is shared, so these options of this call have no effect: ${others.join(", ")}. With \`forceNew: true\` it has a connection of its own.`;
      attempt(() => own.logger?.warn?.(words));
    }
    // Somebody may have signed in since, and nothing else would try it again.
    if (hasGivenUp(link)) link.connect();
    return link;
  }
  return undefined;
}

/** Nobody has it any more, and it would close in a moment: only if it is exactly what is asked for, nobody sees a difference. */
function takeOver(link, others, wanted) {
  // One that has stopped trying is closed to try again.
  if (others.length > 0 || differences(wanted, link.options).length > 0 || hasGivenUp(link)) return false;
  // As a new connection would, it does not wait for the next attempt.
  if (!["connecting", "connected"].includes(link.state.name)) link.connect();
  return true;
}

function hasGivenUp({ state: { name, reason } }) {
  return name === "stopped" || reason?.code === "UNAUTHORIZED";
}

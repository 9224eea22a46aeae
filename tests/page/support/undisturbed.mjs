import assert from "node:assert/strict";

const ATTEMPTS = 3;

/**
 * Runs it until a connection with a heartbeat of 200 ms has lasted. A machine that stands still for so long, as shared ones do,
 * ends it whatever the page does: one attempt of three has to be without.
 * @param {() => Promise<{ drops: unknown[], sessions: unknown[] }>} attempt
 */
export async function undisturbed(attempt) {
  const attempts = [];
  while (attempts.length < ATTEMPTS) {
    const seen = await attempt();
    if (seen.drops.length === 0 && seen.sessions.length === 1) return;
    attempts.push(seen);
  }
  assert.fail(`dropped each time: ${JSON.stringify(attempts)}`);
}

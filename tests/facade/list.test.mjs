// In which order a list of researches stands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Activity, inOrder } from "../../pkg-template/element/order.js";

const MINUTE = 60_000;

/** Rows by their names: what was heard of each, one after the other. */
function listed(now, all) {
  const rows = Object.entries(all).map(([name, states]) => {
    const activity = new Activity();
    for (const { status = "in_progress", startedAt = now - 60 * MINUTE, updatedAt = now, end = false, ended = null } of states) activity.note({ status, startedAt, updatedAt }, end, ended);
    return { name, activity };
  });
  return inOrder(rows, now).map(({ name }) => name).join(" ");
}

test("each kind has its place, and within it what had news last", () => {
  const now = 1_790_000_000_000;
  const order = listed(now, {
    ended: [{ end: true, ended: now - 9 * MINUTE }], later: [{ end: true, ended: now - MINUTE }], sometime: [{ end: true, updatedAt: now - 5 * MINUTE }],
    unknown: [{ status: null, updatedAt: null }], queued: [{ status: "queued" }], pending: [{ status: "pending" }],
    silent: [{ updatedAt: now - 9 * MINUTE }], silence: [{ updatedAt: now - 3 * MINUTE }],
    old: [{}], young: [{ startedAt: now - MINUTE }], word: [{ status: "writing_report", startedAt: now - 90 * MINUTE }],
  });
  assert.equal(order, "young old word silence silent queued pending unknown later sometime ended");
});

test("a research that goes on saying something stays where it is, and one that wakes up is the newest", () => {
  const now = 1_790_000_000_000;
  const busy = (startedAt) => Array.from({ length: 60 }, (_, n) => ({ startedAt, updatedAt: now - (60 - n) * MINUTE }));
  const woken = [{ startedAt: now - 90 * MINUTE, updatedAt: now - 80 * MINUTE }, { startedAt: now - 90 * MINUTE, updatedAt: now - MINUTE }];
  assert.equal(listed(now, { a: busy(now - 70 * MINUTE), b: busy(now - 65 * MINUTE), woken }), "woken b a");
});

test("those that are alike stay as the page gave them", () => {
  assert.equal(listed(0, { c: [{}], a: [{}], b: [{}] }), "c a b");
});

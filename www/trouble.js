// What goes wrong on request, by the mock server's own control, which no fault meets.

/** The network comes back by itself: a page that is loaded anew could not give it back. */
const CUT_MS = 120_000;

/** Each ends by itself, since it meets only so many requests. */
const FAULTS = {
  refuse: { on: { kind: "socket" }, count: 4, action: { status: { code: 503 } } },
  half: { on: { kind: "poll" }, count: 3, action: { cut: { after: 20 } } },
  slow: { on: { kind: "socket" }, count: 20, action: { delay: { ms: 2000 } } },
  twice: { on: { kind: "poll" }, count: 20, action: "duplicate" },
};

const $ = (id) => document.getElementById(id);

/**
 * @param {(path: string, body: object) => Promise<object | undefined>} post
 * @param {() => string | null} shown the id of the research that is shown
 */
export function makeTrouble(post, shown) {
  const on = (id, act) => $(id).addEventListener("click", act);
  /** The timer that ends it, while the network is cut. */
  let cut = 0;
  const mend = () => {
    clearTimeout(cut);
    cut = 0;
    $("network").setAttribute("aria-pressed", false);
    $("network").textContent = "Cut the network";
  };

  on("network", async () => {
    if (!(await post(cut ? "/control/online" : "/control/offline", cut ? {} : { ms: CUT_MS }))) return;
    if (cut) return mend();
    cut = setTimeout(mend, CUT_MS);
    $("network").setAttribute("aria-pressed", true);
    $("network").textContent = "Give the network back";
  });
  on("restart", () => post("/control/restart", { down_ms: 3000 }));
  on("stop", () => post("/control/restart", { down_ms: 30_000 }));
  for (const [id, fault] of Object.entries(FAULTS)) {
    on(id, async () => {
      if (!(await post("/control/faults", { faults: [fault] }))) return;
      // A poll that is held was there before the fault; without it the next one comes at once.
      if (id === "refuse") await post("/control/drop_open", { kind: "poll" });
    });
  }
  on("fail", () => post("/control/end", { research_id: shown(), outcome: { failed: "rate_limit" } }));
  on("burst", () => post("/control/burst", { research_id: shown(), lines: 3000, prefix: "Line" }));
  on("garbage", async () => {
    // Broken packets, then sound packets with payloads that no page should have to understand.
    await post("/control/emit", { packets: ["42[", "zzz", '42{"no":"array"}', '451-["half"]'] });
    if (!shown()) return;
    await post("/control/emit", { research_id: shown(), data: { progress: "plenty", status: "banana", message: 7, log_entry: "?" } });
  });
}

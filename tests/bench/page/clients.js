// Runs in the page: follows a research with a client, and does as little as can be with what comes.

const ID = "r";
const POLLING = ["polling"];

const CLIENTS = {
  async ours(run, hear) {
    const { connect } = await import("/pkg/index.js");
    run.client = await connect({ transports: run.transports });
    run.client.subscribe(run.id).on("log", hear);
  },

  async peer(run, hear) {
    await withPeer(run, ({ log_entry: entry }) => entry && hear(entry));
  },

  /** What the application's own script does with each line besides drawing it: it knows by time and text whether it had it before. */
  async old(run, hear) {
    const seen = new Map();
    const add = (entry) => {
      const key = `${entry.time}-${entry.message}`;
      if (seen.has(key)) return;
      seen.set(key, Date.now());
      hear(entry);
    };
    await withPeer(run, (payload) => {
      if (payload.log_entry) add(payload.log_entry);
      if (payload.progress_log) JSON.parse(payload.progress_log).forEach(add);
    });
  },
};

async function withPeer(run, handle) {
  const { io } = await import("/peer/socket.io.esm.min.js");
  run.client = io({ transports: run.transports });
  run.client.on("connect", () => run.client.emit("subscribe_to_research", { research_id: run.id }));
  run.client.on(`progress_${run.id}`, handle);
  run.client.on(`research_progress_${run.id}`, handle);
}

/** Counts the lines. @param {{ client: "ours" | "peer" | "old", id?: string }} given */
export async function follow({ client, id = ID }) {
  const run = (window.run = { id, transports: POLLING, calls: 0 });
  await CLIENTS[client](run, () => void (run.calls += 1));
}

/** Writes down how old each line is when it comes, in milliseconds. @param {{ client: "ours" | "peer", id?: string, transports?: string[] }} given */
export async function followByClock({ client, id = ID, transports = POLLING }) {
  const run = (window.run = { id, transports, calls: 0, ages: [], at: [] });
  await CLIENTS[client](run, ({ time }) => {
    const now = performance.timeOrigin + performance.now();
    run.ages.push(now - milliseconds(time));
    run.at.push(now);
    run.calls += 1;
  });
}

/** Of an ISO time with microseconds, which `Date` cuts off. */
function milliseconds(time) {
  return Date.parse(time) + Number(/\.\d{3}(\d{0,3})/.exec(time)?.[1] ?? 0) / 1000;
}

// Runs in the page: follows a research with this package and writes down everything that the page hears.

/**
 * @param {{ id: string | number, options?: object, lineCost?: number }} given
 *   `lineCost`: milliseconds of busy work for each log line, as a page that paints it has
 */
export async function follow({ id, options = {}, lineCost = 0 }) {
  const { connect } = await import("/pkg/index.js");
  const run = { client: undefined, research: undefined, heard: emptyRecord() };
  window.run = run;
  const { heard } = run;
  run.client = await connect(options);
  listen(run.client, heard);
  run.research = run.client.subscribe(id);
  run.research.on("update", (update) => typeof update.message === "string" && heard.updates.push(update.message));
  run.research.on("log", (entry) => {
    spin(lineCost);
    heard.lines.push(entry.message);
    heard.times.push(entry.time);
    heard.sources.push(entry.source);
    heard.arrivals.push(performance.now());
  });
  run.research.on("end", (end) => heard.ends.push({ ...plain(end), afterLines: heard.lines.length }));
  run.research.on("gap", (gap) => heard.gaps.push(plain(gap)));
  run.research.on("failure", (error) => heard.failures.push(plain(error)));
  run.research.done.then(
    (end) => heard.done.push({ resolved: plain(end) }),
    (error) => heard.done.push({ rejected: plain(error) }),
  );
}

/** The same page with socket.io-client, as its users write it. */
export async function followWithPeer({ id, options = {}, lineCost = 0 }) {
  const { io } = await import("/peer/socket.io.esm.min.js");
  const heard = emptyRecord();
  const client = io({ transports: ["polling"], ...options });
  window.run = { client, heard };
  for (const event of ["connect", "disconnect", "connect_error"]) {
    client.on(event, (detail) => heard.connection.push({ at: performance.now(), event, detail: plain(detail) }));
  }
  client.on("connect", () => client.emit("subscribe_to_research", { research_id: id }));
  const handle = (payload) => {
    if (payload.log_entry) {
      spin(lineCost);
      heard.lines.push(payload.log_entry.message);
    } else if (payload.message) {
      heard.updates.push(payload.message);
    }
  };
  client.on(`progress_${id}`, handle);
  client.on(`research_progress_${id}`, handle);
}

/** A client without a research, for tests of events. */
export async function connectOnly(options = {}) {
  const { connect } = await import("/pkg/index.js");
  const heard = emptyRecord();
  window.run = { client: undefined, heard };
  window.run.client = await connect(options);
  listen(window.run.client, heard);
}

function emptyRecord() {
  return { updates: [], lines: [], times: [], sources: [], arrivals: [], ends: [], done: [], gaps: [], failures: [], connection: [], states: [], warnings: [] };
}

function listen(client, heard) {
  for (const event of ["connect", "disconnect", "connect_error", "reconnect_attempt", "reconnect", "reconnect_failed"]) {
    client.on(event, (...details) => heard.connection.push({ at: performance.now(), event, detail: plain(details.at(-1)) }));
  }
  client.on("state", (state) => heard.states.push({ name: state.name, reason: plain(state.reason), attempt: state.attempt, delay: state.delay }));
  client.on("warning", (warning) => heard.warnings.push(plain(warning)));
}

/** Errors do not survive the way to the test; their fields do. */
function plain(value) {
  if (value instanceof Error) {
    return { isError: true, name: value.name, code: value.code, message: value.message };
  }
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** What a handler that paints does: it keeps the page busy. */
function spin(ms) {
  if (ms === 0) return;
  for (const end = performance.now() + ms; performance.now() < end; );
}

// Runs in the page: counts what comes of a large answer, and what it costs.

/** The beginning of a message says which one it is. */
const numberOf = (message) => Number(message.slice(5, message.indexOf(" ", 5)));

/** @param {{ lineCost?: number, fetch?: "without-stream" }} given `lineCost`: milliseconds of busy work for each line */
export async function hearLarge({ lineCost = 0, fetch } = {}) {
  if (fetch) withoutStream();
  const { connect } = await import("/pkg/index.js");
  const heard = { lines: 0, messages: 0, disordered: 0, gaps: 0, warnings: [], drops: [], longest: 0, tasks: 0, memory: 0 };
  window.large = heard;
  if (PerformanceObserver.supportedEntryTypes.includes("longtask")) {
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) heard.longest = Math.max(heard.longest, duration);
      heard.tasks += list.getEntries().length;
    }).observe({ type: "longtask" });
  }
  const client = await connect({ stallAfter: false });
  const memory = await memoryOf();
  client.on("disconnect", (reason) => heard.drops.push(String(reason)));
  client.on("warning", ({ code, message }) => heard.warnings.push(`${code}: ${message}`));
  client.on("message", (n, text) => {
    heard.disordered += n === heard.messages && text.length === 1_000_000 ? 0 : 1;
    heard.messages += 1;
  });
  const research = client.subscribe("r1");
  research.on("log", ({ message }) => {
    for (const end = performance.now() + lineCost; performance.now() < end; );
    heard.disordered += numberOf(message) === heard.lines ? 0 : 1;
    heard.lines += 1;
    heard.memory = Math.max(heard.memory, memory());
  });
  research.on("gap", () => (heard.gaps += 1));
  setInterval(() => (heard.memory = Math.max(heard.memory, memory())), 20);
}

/** What the package's WebAssembly takes, in MB; 0 of the core as JavaScript. */
async function memoryOf() {
  const isWasm = performance.getEntriesByType("resource").some(({ name }) => name.endsWith(".wasm"));
  if (!isWasm) return () => 0;
  // Loaded once: this gives what is there.
  const { default: init } = await import("/pkg/research_socket.js");
  const { memory } = await init();
  return () => memory.buffer.byteLength / 1e6;
}

/** As with `whatwg-fetch`: responses of another class, whose bodies are there at once. */
function withoutStream() {
  const { fetch } = window;
  window.fetch = async (...args) => {
    const response = await fetch(...args);
    if (!/socket\.io|\/api\//.test(response.url)) return response;
    const { status, type, headers } = response;
    const body = await response.arrayBuffer();
    return Object.assign(Object.create(null), { status, type, headers, arrayBuffer: async () => body });
  };
}

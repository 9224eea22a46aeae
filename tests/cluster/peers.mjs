// Many clients of socket.io-client in one process, which follow a research as the old script does: `peers.mjs URL TRANSPORT COUNT ID`.
// Prints ten times a second how many are live, and what lines they have heard together, until its input ends.

import { io } from "socket.io-client";

const [url, transport, count, id] = process.argv.slice(2);
const heard = { live: 0, lines: 0 };

for (let n = 0; n < Number(count); n += 1) {
  // A cookie jar of its own: the balancer gives each a worker by one.
  const socket = io(url, { path: "/socket.io", transports: [transport], forceNew: true, withCredentials: true, reconnectionDelay: 1000, reconnectionAttempts: 5 });
  socket.on("connect", () => {
    heard.live += 1;
    socket.emit("subscribe_to_research", { research_id: id });
  });
  socket.on("disconnect", () => (heard.live -= 1));
  socket.on("connect_error", (error) => console.error(String(error)));
  const seen = new Set();
  for (const event of [`progress_${id}`, `research_progress_${id}`]) {
    socket.on(event, ({ log_entry: entry }) => {
      if (!entry || seen.has(`${entry.time}-${entry.message}`)) return;
      seen.add(`${entry.time}-${entry.message}`);
      heard.lines += 1;
    });
  }
}

setInterval(() => console.log(JSON.stringify(heard)), 100);
process.stdin.resume().on("end", () => process.exit(0));

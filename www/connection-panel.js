// The connection: its state in words, the wait for the next attempt, and what happened last.

/** Events in the list. */
const SHOWN = 50;

const WORDS = {
  connecting: "Connecting",
  connected: "Live",
  reconnecting: "Reconnecting",
  fallback: "Asking for the status",
  offline: "No network",
  stopped: "Given up",
  closed: "Closed",
};
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const $ = (id) => document.getElementById(id);

export class ConnectionPanel {
  #ticking = 0;
  #due = 0;

  /** @param {import("research-socket").Client} client @param {(text: string) => void} announce */
  constructor(client, announce) {
    $("connect").addEventListener("click", () => client.connect());
    client.on("state", (state) => {
      this.#show(state);
      announce(`Connection: ${WORDS[state.name] ?? state.name}`);
    });
    client.on("connect", () => this.note("connected"));
    client.on("disconnect", (reason, error) => this.note(`lost (${reason}): ${brief(error)}`));
    client.on("connect_error", (error) => this.note(`${error.code}: ${brief(error)}`));
    client.on("reconnect_attempt", (attempt) => this.note(`attempt ${attempt}`));
    client.on("reconnect_failed", () => this.note("all attempts are used up"));
    client.on("warning", (warning) => this.note(`warning: ${warning.message}`));
    this.#show(client.state);
  }

  /** Adds a line to the list of what happened. */
  note(text) {
    const item = document.createElement("li");
    const time = Object.assign(document.createElement("time"), { textContent: clock.format(Date.now()) });
    const words = Object.assign(document.createElement("span"), { textContent: text });
    item.append(time, words);
    const list = $("events");
    list.prepend(item);
    if (list.childElementCount > SHOWN) list.lastChild.remove();
  }

  #show({ name, reason, attempt, delay }) {
    for (const badge of [$("badge"), $("connection")]) {
      badge.dataset.state = name;
      badge.textContent = WORDS[name] ?? name;
    }
    $("reason").textContent = reason && name !== "connected" ? reason.message : "";
    $("attempt").textContent = attempt ?? "–";
    $("connect").hidden = !["stopped", "offline", "fallback", "reconnecting"].includes(name);
    this.#due = delay === undefined || delay === null ? 0 : performance.now() + delay;
    clearInterval(this.#ticking);
    this.#tick();
    if (this.#due) this.#ticking = setInterval(() => this.#tick(), 100);
  }

  #tick() {
    const left = this.#due - performance.now();
    $("delay").textContent = this.#due === 0 ? "–" : left > 0 ? `${(left / 1000).toFixed(1)} s` : "now";
    if (left <= 0) clearInterval(this.#ticking);
  }
}

/** What happened, without the advice: that stands above the list. */
function brief(error) {
  return error.message.split(":", 1)[0];
}

// What goes on underneath: the state, the last requests, what happened, and the client's counters.

/** So often at most is anything of it written. */
const EVERY_MS = 500;
const REQUESTS = 10;
const EVENTS = 50;

const STATES = {
  connecting: "Connecting",
  connected: "Live",
  reconnecting: "Reconnecting",
  fallback: "Asking for the status",
  offline: "No network",
  stopped: "Given up",
  closed: "Closed",
};
const NUMBERS = {
  connects: "Connections",
  attempts: "Attempts",
  requests: "Requests",
  statusChecks: "of them for a status",
  historyRequests: "of them for a log",
  bytesReceived: "Received",
  lines: "Log lines",
  recovered: "of them came late",
  duplicates: "Duplicates dropped",
  refused: "Garbage refused",
};
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const $ = (id) => document.getElementById(id);

export class Underneath {
  /** @type {import("research-socket").Client | undefined} */
  #client;
  /** When the next attempt is due, by `performance.now()`. */
  #due = 0;
  /** What is not written yet; the newest last. */
  #requests = [];
  #events = [];

  constructor() {
    new PerformanceObserver((seen) => {
      this.#requests.push(...seen.getEntries().filter(isOfTheClient));
      this.#requests.splice(0, this.#requests.length - REQUESTS);
    }).observe({ type: "resource", buffered: true });
    $("stats").append(...Object.values(NUMBERS).map((title) => {
      const item = document.createElement("div");
      item.append(make("dt", title), make("dd", "–"));
      return item;
    }));
    setInterval(() => document.hidden || this.#paint(), EVERY_MS);
  }

  /** @param {import("research-socket").Client} client */
  watch(client) {
    this.#client = client;
    const noteState = ({ name, delay }) => {
      this.#due = delay === undefined || delay === null ? 0 : performance.now() + delay;
      this.note(`state: ${name}`);
    };
    client.on("state", noteState);
    client.on("disconnect", (reason, error) => this.note(`lost (${reason}): ${brief(error)}`));
    client.on("connect_error", (error) => this.note(`${error.code}: ${brief(error)}`));
    client.on("reconnect_attempt", (attempt) => this.note(`attempt ${attempt}`));
    client.on("reconnect_failed", () => this.note("all attempts are used up"));
    client.on("warning", (warning) => this.note(`warning: ${warning.message}`));
    noteState(client.state);
  }

  /** Adds to what happened. @param {string} text */
  note(text) {
    this.#events.push([Date.now(), text]);
    this.#events.splice(0, this.#events.length - EVENTS);
  }

  #paint() {
    putFirst($("events"), this.#events.splice(0).map(([at, text]) => {
      const item = document.createElement("li");
      item.append(make("time", clock.format(at)), make("span", text));
      return item;
    }), EVENTS);
    putFirst($("requests"), this.#requests.splice(0).map(row), REQUESTS);
    if (!this.#client) return;
    const { name, reason, attempt } = this.#client.state;
    $("connection").dataset.state = name;
    write($("connection"), STATES[name] ?? name);
    write($("reason"), reason && name !== "connected" ? reason.message : "");
    const left = this.#due - performance.now();
    write($("attempt"), attempt ? `${attempt}${left > 0 ? `, in ${(left / 1000).toFixed(1)} s` : ""}` : "–");
    const stats = this.#client.stats();
    Object.keys(NUMBERS).forEach((key, index) => {
      write($("stats").children[index].lastChild, key === "bytesReceived" ? size(stats[key]) : stats[key].toLocaleString("en"));
    });
  }
}

/** The demo's own requests, and those for files, are none of the connection's. */
function isOfTheClient({ name, initiatorType }) {
  const { pathname } = new URL(name);
  return initiatorType === "fetch" && !/^\/(pkg|control)\/|^\/api\/start_research$/.test(pathname);
}

/** A row of the table. @param {PerformanceResourceTiming} entry */
function row({ name, startTime, duration, responseStatus, transferSize, decodedBodySize }) {
  const item = document.createElement("tr");
  const answer = responseStatus ? `${responseStatus}, ${size(decodedBodySize || transferSize)}` : "none";
  item.append(
    make("td", clock.format(performance.timeOrigin + startTime)),
    make("td", addressOf(name)),
    make("td", answer),
    make("td", duration < 1000 ? `${Math.round(duration)} ms` : `${(duration / 1000).toFixed(1)} s`),
  );
  item.toggleAttribute("data-failed", !(responseStatus >= 200 && responseStatus < 400));
  return item;
}

/** Of the query of a poll only whether there is a session, of a long id only its beginning. @param {string} name */
function addressOf(name) {
  const { pathname, searchParams } = new URL(name);
  if (!searchParams.has("EIO")) return pathname.replace(/([0-9a-f]{8})-[0-9a-f-]{27}/, "$1…");
  return searchParams.has("sid") ? `${pathname} poll or message` : `${pathname} new session`;
}

/** The newest first, and no more than so many. @param {Element} list @param {Element[]} items the newest last */
function putFirst(list, items, most) {
  if (items.length === 0) return;
  list.prepend(...items.reverse());
  while (list.childElementCount > most) list.lastElementChild.remove();
}

/** Writing the same text would still cost a layout. */
function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function make(tag, textContent) {
  return Object.assign(document.createElement(tag), { textContent });
}

function size(bytes) {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} kB`;
}

/** What happened, without the advice: that stands above the list. */
function brief(error) {
  return error.message.split(":", 1)[0];
}

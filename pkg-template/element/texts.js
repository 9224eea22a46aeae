// What the element says. `{name}` stands for a value; of `one|many` the first is for one.

export const EN = {
  progress: "Progress",
  status_pending: "Waiting",
  status_queued: "Queued",
  status_in_progress: "In progress",
  status_completed: "Completed",
  status_suspended: "Cancelled",
  status_cancelled: "Cancelled",
  status_failed: "Failed",
  status_error: "Error",
  status_unknown: "Not known yet",
  percent: "{n}%",
  queue: "Position {n} in the queue",
  engine: "Search engine: {name}",
  engine_results: "Search engine: {name} ({n} result)|Search engine: {name} ({n} results)",
  live: "Live",
  connecting: "Connecting",
  reconnecting: "Reconnecting",
  reconnecting_attempt: "Reconnecting, attempt {attempt}",
  reconnecting_of: "Reconnecting, attempt {attempt} of {attempts}",
  looking: "Looking for the server",
  in_time: "{words} in {n} s",
  checking: "Checking now and then",
  checking_every: "Checking every {n} s",
  offline: "Offline",
  stopped: "Not connected",
  closed: "Closed",
  signed_out: "Signed out",
  unknown_research: "The server does not know this research",
  sign_in: "Sign in",
  retry: "Try now",
  quiet: "No news for {n} minute.|No news for {n} minutes.",
  quiet_live: "The connection is live.",
  refresh: "Ask the server",
  cancel: "Cancel",
  cancel_question: "Cancel this research?",
  cancel_yes: "Yes, cancel it",
  cancel_no: "No, go on",
  cancelling: "Cancelling …",
  cancel_failed: "It could not be cancelled: {message}",
  connect_failed: "The page could not connect: {message}",
  result: "Show the result",
  another: "Start a new research",
  log: "Log",
  filter: "Show",
  filter_all: "All",
  filter_milestone: "Milestones",
  filter_info: "Info",
  filter_warning: "Warnings",
  filter_error: "Errors",
  search: "Search the log",
  search_next: "Next hit",
  search_previous: "Previous hit",
  hits: "{at} of {n}",
  hits_none: "Nothing found",
  hits_looking: "{words} …",
  error_next: "Next error",
  error_previous: "Previous error",
  follow: "Follow",
  follow_new: "Follow ({n} new)",
  download: "Download",
  download_text: "Text",
  download_json: "JSON",
  empty: "No lines yet",
  line: "Line {number}",
  lines: "Lines {from} to {to} ({n})",
  line_times: "{n} times",
  line_link: "Link to this line",
  copy: "Copy",
  copied: "Copied",
  copy_too_many: "Too many lines to copy: download the log instead",
  close: "Close",
  count: "{n}",
  level_trace: "trace",
  level_debug: "debug",
  level_info: "info",
  level_success: "success",
  level_warning: "warning",
  level_error: "error",
  level_critical: "critical",
  level_milestone: "milestone",
  level_gap: "gap",
  gap_missing: "{n} line from {from} to {to} is missing|{n} lines from {from} to {to} are missing",
  gap_recovered: "{n} line from {from} to {to} came after the connection was back|{n} lines from {from} to {to} came after the connection was back",
  gap_unknown: "Lines from {from} to {to} may be missing",
  new_lines: "{n} new line|{n} new lines",
  new_errors: "{words}, {n} error|{words}, {n} errors",
};

export const DE = {
  progress: "Fortschritt",
  status_pending: "Wartet",
  status_queued: "In der Warteschlange",
  status_in_progress: "Läuft",
  status_completed: "Fertig",
  status_suspended: "Abgebrochen",
  status_cancelled: "Abgebrochen",
  status_failed: "Fehlgeschlagen",
  status_error: "Fehler",
  status_unknown: "Noch nicht bekannt",
  percent: "{n} %",
  queue: "Platz {n} in der Warteschlange",
  engine: "Suchmaschine: {name}",
  engine_results: "Suchmaschine: {name} ({n} Treffer)",
  live: "Live",
  connecting: "Verbindet",
  reconnecting: "Verbindet neu",
  reconnecting_attempt: "Verbindet neu, Versuch {attempt}",
  reconnecting_of: "Verbindet neu, Versuch {attempt} von {attempts}",
  looking: "Sucht den Server",
  in_time: "{words} in {n} s",
  checking: "Fragt ab und zu nach",
  checking_every: "Fragt alle {n} s nach",
  offline: "Offline",
  stopped: "Nicht verbunden",
  closed: "Geschlossen",
  signed_out: "Abgemeldet",
  unknown_research: "Der Server kennt diese Recherche nicht",
  sign_in: "Anmelden",
  retry: "Jetzt versuchen",
  quiet: "Seit {n} Minute nichts Neues.|Seit {n} Minuten nichts Neues.",
  quiet_live: "Die Verbindung steht.",
  refresh: "Beim Server nachfragen",
  cancel: "Abbrechen",
  cancel_question: "Diese Recherche abbrechen?",
  cancel_yes: "Ja, abbrechen",
  cancel_no: "Nein, weiter",
  cancelling: "Wird abgebrochen …",
  cancel_failed: "Das Abbrechen ist misslungen: {message}",
  connect_failed: "Die Seite konnte sich nicht verbinden: {message}",
  result: "Ergebnis zeigen",
  another: "Neue Recherche beginnen",
  log: "Protokoll",
  filter: "Zeigen",
  filter_all: "Alle",
  filter_milestone: "Meilensteine",
  filter_info: "Info",
  filter_warning: "Warnungen",
  filter_error: "Fehler",
  search: "Protokoll durchsuchen",
  search_next: "Nächster Treffer",
  search_previous: "Voriger Treffer",
  hits: "{at} von {n}",
  hits_none: "Nichts gefunden",
  hits_looking: "{words} …",
  error_next: "Nächster Fehler",
  error_previous: "Voriger Fehler",
  follow: "Folgen",
  follow_new: "Folgen ({n} neue)",
  download: "Herunterladen",
  download_text: "Text",
  download_json: "JSON",
  empty: "Noch keine Zeilen",
  line: "Zeile {number}",
  lines: "Zeilen {from} bis {to} ({n})",
  line_times: "{n}-mal",
  line_link: "Link zu dieser Zeile",
  copy: "Kopieren",
  copied: "Kopiert",
  copy_too_many: "Zu viele Zeilen zum Kopieren: bitte das Protokoll herunterladen",
  close: "Schließen",
  count: "{n}",
  level_trace: "Trace",
  level_debug: "Debug",
  level_info: "Info",
  level_success: "Erfolg",
  level_warning: "Warnung",
  level_error: "Fehler",
  level_critical: "Kritisch",
  level_milestone: "Meilenstein",
  level_gap: "Lücke",
  gap_missing: "{n} Zeile von {from} bis {to} fehlt|{n} Zeilen von {from} bis {to} fehlen",
  gap_recovered: "{n} Zeile von {from} bis {to} kam erst, als die Verbindung wieder da war|{n} Zeilen von {from} bis {to} kamen erst, als die Verbindung wieder da war",
  gap_unknown: "Zeilen von {from} bis {to} können fehlen",
  new_lines: "{n} neue Zeile|{n} neue Zeilen",
  new_errors: "{words}, {n} Fehler",
};

/** Words in one language, with the page's own in their place. */
export class Texts {
  lang;
  #texts;
  #numbers;
  #clock;
  #date;

  /** @param {string} lang @param {Record<string, string>} [own] */
  constructor(lang, own) {
    const isGerman = /^de\b/i.test(lang);
    this.lang = supported(lang) ?? "en";
    this.#texts = { ...EN, ...(isGerman && DE), ...own };
    this.#numbers = new Intl.NumberFormat(this.lang);
    this.#clock = new Intl.DateTimeFormat(this.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    this.#date = new Intl.DateTimeFormat(this.lang, { dateStyle: "medium", timeStyle: "medium" });
  }

  has(key) {
    return Object.hasOwn(this.#texts, key);
  }

  /** @param {string} key @param {Record<string, string | number>} [values] `n` says whether it is one or many */
  get(key, values = {}) {
    const forms = String(this.#texts[key] ?? "").split("|");
    const form = values.n === 1 ? forms[0] : forms.at(-1);
    return form.replace(/\{(\w+)\}/g, (all, name) => (Object.hasOwn(values, name) ? this.#value(values[name]) : all));
  }

  #value(value) {
    return typeof value === "number" ? this.#numbers.format(value) : String(value);
  }

  /** The time of day; nothing for NaN. @param {number} at */
  clock(at) {
    return isDate(at) ? this.#clock.format(at) : "";
  }

  date(at) {
    return isDate(at) ? this.#date.format(at) : "";
  }
}

// A server may write a year that no calendar has.
const isDate = (at) => Math.abs(at) <= 8.64e15;

/** A page may have anything for its language. */
function supported(lang) {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(lang)[0];
  } catch {
    return undefined;
  }
}

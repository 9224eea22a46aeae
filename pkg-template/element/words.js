// What the elements say in English. `{name}` stands for a value; of `one|many` the first is for one. Other languages have files of their own.

/** What several elements say. */
export const COMMON = {
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
  connect_failed: "The page could not connect: {message}",
};

/** What only <research-progress> says. */
export const PROGRESS = {
  queue: "Position {n} in the queue",
  engine: "Search engine: {name}",
  engine_results: "Search engine: {name} ({n} result)|Search engine: {name} ({n} results)",
  quiet_live: "The connection is live.",
  refresh: "Ask the server",
  cancel: "Cancel",
  cancel_question: "Cancel this research?",
  cancel_yes: "Yes, cancel it",
  cancel_no: "No, go on",
  cancelling: "Cancelling …",
  cancel_failed: "It could not be cancelled: {message}",
  result: "Show the result",
  another: "Start a new research",
  log: "Log",
  log_collapsed: "Log ({n} line)|Log ({n} lines)",
  log_errors: "{words}, {n} new error|{words}, {n} new errors",
  filter: "Show",
  filter_all: "All",
  filter_milestone: "Milestones",
  filter_info: "Info",
  filter_warning: "Warnings",
  filter_error: "Errors",
  search: "Search the log",
  search_next: "Next hit",
  search_previous: "Previous hit",
  error_next: "Next error",
  error_previous: "Previous error",
  newest_first: "Newest first",
  wrap: "Wrap lines",
  follow: "Follow",
  follow_new: "Follow ({n} new)",
  download: "Download",
  download_text: "Text",
  download_json: "JSON",
  empty: "No lines yet",
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

/** What only <research-list> says. */
export const LIST = {
  researches: "Researches",
  researches_none: "No researches",
  progress_of: "Progress of {name}",
  fresh_now: "Updated just now",
  fresh_minutes: "Updated {n} minute ago|Updated {n} minutes ago",
  fresh_hours: "Updated {n} hour ago|Updated {n} hours ago",
  fresh_date: "Updated {date}",
  ended_now: "Ended just now",
  ended_minutes: "Ended {n} minute ago|Ended {n} minutes ago",
  ended_hours: "Ended {n} hour ago|Ended {n} hours ago",
  ended_date: "Ended {date}",
  ended: "{name}: {words}",
};

/** What only what one does with a log says. */
export const TOOLS = {
  hits: "{at} of {n}",
  hits_none: "Nothing found",
  hits_looking: "{words} …",
  line: "Line {number}",
  lines: "Lines {from} to {to} ({n})",
  line_times: "{n} times",
  line_link: "Link to this line",
  copy: "Copy",
  copied: "Copied",
  copy_too_many: "Too many lines to copy: download the log instead",
  close: "Close",
};

/** What only the button for a notification says. */
export const NOTICE = {
  notify: "Notify me at the end",
  notify_denied: "The browser blocks notifications",
  notify_close: "Close",
};

/** What only groups of lines say. */
export const GROUPS = {
  groups: "Collapse groups",
  group_lines: "{n} line hidden|{n} lines hidden",
};

/** What only the timeline says. */
export const TIMELINE = {
  timeline: "Timeline",
  timeline_empty: "Nothing has happened yet",
  timeline_hint: "Choose one to see its lines in the log",
  timeline_dropped: "{n} short one is left out|{n} short ones are left out",
  timeline_span: "{name}, {from} to {to} ({time})",
  timeline_running: "{name}, since {from} ({time})",
  timeline_engine: "Search engine {name}, {from}",
  timeline_engines: "{n} search engines from {from} on, first {name}",
  timeline_results: "{name} ({n} result)|{name} ({n} results)",
  timeline_error: "Error at {from}: {name}",
  timeline_errors: "{n} errors from {from} on, first: {name}",
  timeline_left: "{from} to {to} left",
  timeline_left_short: "Less than a minute left",
  timeline_seconds: "{n} s",
  timeline_minutes: "{n} min",
  timeline_hours: "{n} h {minutes} min",
};

/** What only the timelines of a list say. */
export const STRIP = {
  strip: "Timeline of {name}: {words}",
  strip_phases: "{n} phase|{n} phases",
  strip_errors: "{n} error|{n} errors",
};

/** What only the steps of an agent say. */
export const STEPS = {
  steps: "Agent steps ({n})",
  step_thought: "Thought",
  step_tool_call: "Tool call",
  step_observation: "Observation",
  step_error: "Error",
  step_round: "Round {n}",
};

"""What a research server keeps on disk: researches and their log lines.

With a file, a process that is killed and started again still has them, as the application's database does. Several processes may
share the file.
"""

import json
import sqlite3
import threading
import time
from collections import deque
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

SCHEMA = """
CREATE TABLE IF NOT EXISTS research (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL DEFAULT 'in_progress',
    progress REAL NOT NULL DEFAULT 0,
    completed_at TEXT,
    queue_position INTEGER,
    metadata TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    research_id TEXT NOT NULL,
    time TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
);
"""

COLUMNS = ("status", "progress", "completed_at", "queue_position", "metadata")

# What the application's queue into its log database holds. Behind that, lines are dropped without a word.
QUEUE = 1000


class Store:
    """Researches and log lines in SQLite. Safe to use from many threads.

    With a `log_delay`, lines are written through a queue, so late, as by the application: those that still wait when the
    process is killed are lost.
    """

    def __init__(self, file=None, log_delay=0.0):
        self._lock = threading.Lock()
        self._log_delay = log_delay
        self._last = datetime.fromtimestamp(0, timezone.utc)
        self._db = sqlite3.connect(file or ":memory:", check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        # A killed process loses nothing without fsync; only a killed machine would.
        self._db.execute("PRAGMA synchronous = OFF")
        # Whoever reads waits for no writer, also of another process, not even for one that was stopped.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(SCHEMA)
        self._waiting = deque()
        self._has_waiting = threading.Condition(self._lock)
        if log_delay:
            threading.Thread(target=self._write_waiting, daemon=True).start()

    def research(self, research_id):
        """The row of a research as a dict, or None."""
        with self._lock:
            row = self._db.execute("SELECT * FROM research WHERE id = ?", (research_id,)).fetchone()
        if row is None:
            return None
        found = dict(row)
        found["metadata"] = json.loads(found["metadata"])
        return found

    def save(self, research_id, **fields):
        """Creates the research when it is new, and changes the given columns."""
        if "metadata" in fields:
            fields["metadata"] = json.dumps(fields["metadata"])
        unknown = set(fields) - set(COLUMNS)
        if unknown:
            raise ValueError(f"a research has no {', '.join(sorted(unknown))}")
        with self._lock, self._db:
            self._db.execute("INSERT OR IGNORE INTO research (id) VALUES (?)", (research_id,))
            for column, value in fields.items():
                self._db.execute(f"UPDATE research SET {column} = ? WHERE id = ?", (value, research_id))

    def add_lines(self, research_id, messages, level):
        """Stores log lines and returns their live entries, each a microsecond or more after the one before."""
        entries = []
        with self._lock:
            for message in messages:
                self._last = max(datetime.now(timezone.utc), self._last + timedelta(microseconds=1))
                iso = self._last.isoformat(timespec="microseconds")
                entries.append({"message": message, "type": level, "time": iso})
            rows = [(research_id, e["time"], e["type"], e["message"]) for e in entries]
            if self._log_delay:
                due = time.monotonic() + self._log_delay
                room = QUEUE - len(self._waiting)
                self._waiting.extend((due, row) for row in rows[:room])
                self._has_waiting.notify()
            else:
                self._write(rows)
        return entries

    def _write_waiting(self):
        while True:
            with self._has_waiting:
                self._has_waiting.wait_for(lambda: self._waiting)
                due = self._waiting[0][0]
            time.sleep(max(0, due - time.monotonic()))
            with self._lock:
                rows = []
                while self._waiting and self._waiting[0][0] <= due:
                    rows.append(self._waiting.popleft()[1])
                self._write(rows)

    def _write(self, rows):
        with self._db:
            self._db.executemany("INSERT INTO line (research_id, time, level, message) VALUES (?, ?, ?, ?)", rows)

    def lines(self, research_id):
        """The lines in the database, oldest first, with the time as the endpoints give it: whole seconds."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, time, level, message FROM line WHERE research_id = ? ORDER BY time, id", (research_id,)
            ).fetchall()
        return [{**dict(row), "http_time": http_date(row["time"])} for row in rows]


def http_date(iso):
    """`Sat, 21 Nov 2026 20:45:09 GMT`, which is what Flask's JSON makes of a datetime."""
    return format_datetime(datetime.fromisoformat(iso).replace(microsecond=0), usegmt=True)

"""What the application does with Socket.IO, without any I/O: who is subscribed, and what is emitted to whom.

Methods return actions; the two servers (Flask and ASGI) carry them out. So both behave alike.
"""

import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.cookies import SimpleCookie


@dataclass(frozen=True)
class Emit:
    """Send an event to one client or a room; to everybody when `to` is None."""

    event: str
    args: tuple
    to: str | None = None


@dataclass(frozen=True)
class Ask:
    """Send an event to one client and keep what it acknowledges."""

    event: str
    args: tuple
    to: str


@dataclass(frozen=True)
class Join:
    """Let one client hear what is sent to a room."""

    room: str
    to: str


@dataclass(frozen=True)
class Disconnect:
    """Disconnect one client from the namespace."""

    sid: str


@dataclass(frozen=True)
class Pause:
    """Wait before the next action."""

    seconds: float


@dataclass(frozen=True)
class Release:
    """What differs between the releases of the application."""

    live: str
    snapshot: str
    # "twice": to everybody and once more to each subscriber; "subscribers": to them only;
    # "subscribers-else-all": to them, or to everybody while there are none; "room": to the room of the research, whose
    # members may be at any of several processes.
    delivery: str
    # Whether log lines are appended to the log in memory that the snapshot is made from.
    keeps_active_log: bool
    answers_refusals: bool = False


RELEASES = {
    "documented": Release("research_progress", "research_progress", "twice", True),
    "1.3": Release("progress", "research_progress", "twice", False),
    "1.5": Release("progress", "progress", "subscribers-else-all", False),
    "newest": Release("research_progress", "research_progress", "subscribers", True, True),
    "rooms": Release("progress", "progress", "room", False),
}

# The cookie that says who has signed in. No script of a page can read it.
PERSON = "person"

REFUSALS = {
    "anon-": "Authentication required",
    "expired-": "Session expired",
    "denied-": "Not authorized",
}


@dataclass
class Stats:
    """What a test asks about afterwards. Times are milliseconds since 1970."""

    sessions: list = field(default_factory=list)
    subscriptions: list = field(default_factory=list)
    events: Counter = field(default_factory=Counter)
    answers: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def handle_connect(self, sid, auth, cookie=None):
        session = {"sid": sid, "connected_at": now_ms(), "auth": auth, "disconnected_at": None, "reason": None}
        self.sessions.append({**session, "person": person_of(cookie)})

    def person(self, sid):
        return next((session["person"] for session in self.sessions if session["sid"] == sid), None)

    def handle_disconnect(self, sid, reason):
        for session in self.sessions:
            if session["sid"] == sid:
                session["disconnected_at"] = now_ms()
                session["reason"] = str(reason)

    def connected(self):
        return [session["sid"] for session in self.sessions if session["disconnected_at"] is None]

    def as_json(self):
        return {
            "pid": os.getpid(),
            "sessions": list(self.sessions),
            "connected": len(self.connected()),
            "subscriptions": list(self.subscriptions),
            "events": dict(self.events),
            "answers": list(self.answers),
            "requests": list(self.requests),
        }


class Desk:
    """Subscriptions and active researches of one server process."""

    def __init__(self, store, release):
        self.store = store
        self.release = RELEASES[release]
        self.stats = Stats()
        self.sign_in_required = False
        self.refuse_connects = False
        # research → the only person who may see it
        self.owners = {}
        self._lock = threading.Lock()
        self._subscribers = {}
        # In memory only, as in the application: after a restart no research is active.
        self._active = {}

    def handle_subscribe(self, sid, data):
        research_id = data.get("research_id") if isinstance(data, dict) else None
        self.stats.subscriptions.append({"sid": sid, "research_id": research_id, "at": now_ms()})
        if not research_id:
            return []
        # A session is its person's for as long as it lasts, as in the application.
        owner = self.owners.get(str(research_id))
        if owner is not None and owner != self.stats.person(sid):
            refusal = Emit("subscribe_error", ({"error": "Not authorized", "research_id": research_id},), sid)
            return [refusal] if self.release.answers_refusals else []
        if self.release.answers_refusals:
            for prefix, reason in REFUSALS.items():
                if str(research_id).startswith(prefix):
                    refusal = Emit("subscribe_error", ({"error": reason, "research_id": research_id},), sid)
                    return [refusal, Disconnect(sid)] if prefix == "expired-" else [refusal]
        with self._lock:
            if self.release.delivery == "room":
                return [Join(room_of(research_id), sid)]
            self._subscribers.setdefault(str(research_id), {})[sid] = True
            active = self._active.get(str(research_id))
            if active is None or not active["log"]:
                return []
            entry = active["log"][-1]
            payload = {"progress": active["progress"], "message": entry["message"], "status": "in_progress", "log_entry": entry}
        return [Emit(f"{self.release.snapshot}_{research_id}", (payload,), sid)]

    def handle_unsubscribe(self, sid, data):
        research_id = data.get("research_id") if isinstance(data, dict) else None
        with self._lock:
            self._subscribers.get(str(research_id), {}).pop(sid, None)

    def handle_disconnect(self, sid, reason):
        self.stats.handle_disconnect(sid, reason)
        with self._lock:
            for sids in self._subscribers.values():
                sids.pop(sid, None)

    def set_active(self, research_id, progress=None):
        with self._lock:
            active = self._active.setdefault(research_id, {"progress": 0, "log": []})
            if progress is not None:
                active["progress"] = progress

    def is_active(self, research_id):
        with self._lock:
            return research_id in self._active

    def end(self, research_id):
        with self._lock:
            self._active.pop(research_id, None)

    def append_active_log(self, research_id, entry):
        with self._lock:
            if research_id in self._active:
                self._active[research_id]["log"].append(entry)

    def publish(self, research_id, payload, event=None):
        """The emissions of one update, in the order in which this release sends them."""
        name = event or f"{self.release.live}_{research_id}"
        if self.release.delivery == "room":
            yield Emit(name, (payload,), room_of(research_id))
            return
        with self._lock:
            subscribers = list(self._subscribers.get(research_id, {}))
        to_everybody = self.release.delivery == "twice" or (
            self.release.delivery == "subscribers-else-all" and not subscribers
        )
        if to_everybody:
            yield Emit(name, (payload,))
        for sid in subscribers:
            yield Emit(name, (payload,), sid)


def room_of(research_id):
    return f"research_{research_id}"


def person_of(cookie):
    """Who has signed in, by the header with the cookies."""
    morsel = SimpleCookie(cookie or "").get(PERSON)
    return morsel.value if morsel else None


def now_ms():
    return round(time.time() * 1000, 3)

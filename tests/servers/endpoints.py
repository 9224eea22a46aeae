"""The HTTP side of the application, without a framework: endpoints, pages, static files, and the control API."""

import json
import mimetypes
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.cookies import SimpleCookie
from pathlib import Path

from control import handle_control
from research import PERSON, Emit, now_ms, person_of

SESSION = "test-session"

# What the application sends with all that is not Socket.IO. `{wasm}` is empty there: its pages may not compile WebAssembly.
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self'; script-src 'self' 'unsafe-inline'{wasm}; style-src 'self' 'unsafe-inline'; "
        "font-src 'self' data:; img-src 'self' data:; worker-src blob:; frame-src 'self'; object-src 'none'; base-uri 'self'; "
        "form-action 'self';"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "credentialless",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "geolocation=(), midi=(), camera=(), usb=(), magnetometer=(), accelerometer=(), gyroscope=(), microphone=(), payment=(), "
        "sync-xhr=(), document-domain=()"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
}

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="csrf-token" content="{token}"><title>{title}</title></head>
<body><main></main></body>
</html>
"""

# Python's own table depends on the machine; a browser refuses a module or a wasm of the wrong type.
TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
}


@dataclass
class Request:
    """One request; header names in lower case."""

    method: str
    path: str
    headers: dict
    body: bytes


@dataclass
class Answer:
    """What to answer, and what to do before it, or behind it."""

    status: int
    body: bytes
    headers: dict
    actions: list = field(default_factory=list)
    in_background: bool = False


class Endpoints:
    """Answers every request that is not Socket.IO's."""

    def __init__(self, desk, static=(), security=None, html=None):
        """`security` is None, "strict", "wasm" for a policy that allows WebAssembly, or "policy" for no header but that; `html` a file to serve as each page."""
        self._desk = desk
        self._static = [(prefix.rstrip("/") + "/", Path(folder).resolve()) for prefix, folder in static]
        allowed = " 'wasm-unsafe-eval'" if security == "wasm" else ""
        self._security = {name: value.replace("{wasm}", allowed) for name, value in SECURITY_HEADERS.items()} if security else {}
        if security == "policy":
            self._security = {"Content-Security-Policy": self._security["Content-Security-Policy"]}
        self._page_text = Path(html).read_text() if html else PAGE
        self._csrf_token = secrets.token_hex(8)

    def answer(self, request):
        made = self._answer(request)
        made.headers.update(self._security)
        return made

    def _answer(self, request):
        if request.path.startswith("/control/"):
            return self._control(request)
        self._desk.stats.requests.append({"at": now_ms(), "method": request.method, "path": request.path})
        for method, pattern, name in ROUTES:
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                refused = self._refusal(request, name, *match.groups())
                return refused or getattr(self, f"_{name}")(request, *match.groups())
        return self._file(request.path)

    def _control(self, request):
        body = json.loads(request.body or b"{}")
        try:
            answer, actions, in_background = handle_control(self._desk, request.path.removeprefix("/control/"), body)
        except TypeError as misuse:
            return json_answer(400, {"error": str(misuse)})
        if answer is None:
            return json_answer(404, {"error": "no such command"})
        made = json_answer(200, answer)
        made.actions, made.in_background = actions, in_background
        return made

    def _refusal(self, request, name, research_id=None, *_more):
        if name in ("page", "login", "sign_in", "sign_out"):
            return None
        if research_id in self._desk.owners and self._desk.owners[research_id] != person_of(request.headers.get("cookie")):
            return json_answer(401, {"error": "Authentication required"})
        if not self._desk.sign_in_required:
            return None
        cookie = SimpleCookie(request.headers.get("cookie", "")).get("session")
        if cookie is not None and cookie.value == SESSION:
            return None
        if request.path.startswith("/api/"):
            return json_answer(401, {"error": "Authentication required"})
        return Answer(302, b"", {"Location": "/auth/login"})

    def _status(self, _request, research_id):
        research = self._desk.store.research(research_id)
        if research is None:
            return not_found()
        said = {
            "status": research["status"],
            "progress": research["progress"],
            "completed_at": research["completed_at"],
            "report_path": None,
            "metadata": research["metadata"],
        }
        milestones = [line for line in self._desk.store.lines(research_id) if line["level"] == "MILESTONE"]
        if milestones:
            newest = milestones[-1]
            said["log_entry"] = {"message": newest["message"], "time": newest["time"], "type": "MILESTONE"}
        return json_answer(200, said)

    def _logs(self, _request, research_id):
        if self._desk.store.research(research_id) is None:
            return not_found()
        lines = self._desk.store.lines(research_id)
        return json_answer(
            200,
            [
                {"id": line["id"], "message": line["message"], "timestamp": line["http_time"], "log_type": line["level"]}
                for line in lines
            ],
        )

    def _history_logs(self, _request, research_id):
        lines = self._desk.store.lines(research_id)
        logs = [
            {"time": l["http_time"], "message": l["message"], "type": l["level"], "module": "research", "line_no": 1}
            for l in lines
        ]
        return json_answer(200, {"status": "success", "logs": logs})

    def _log_count(self, _request, research_id):
        return json_answer(200, {"status": "success", "total_logs": len(self._desk.store.lines(research_id))})

    def _terminate(self, request, research_id):
        if request.headers.get("x-csrftoken") != self._csrf_token:
            return json_answer(400, {"error": "The CSRF token is missing."})
        research = self._desk.store.research(research_id)
        if research is None:
            return not_found()
        if research["status"] not in ("in_progress", "queued", "pending"):
            return json_answer(200, {"status": "success", "message": f"Research already {research['status']}"})
        self._desk.store.save(research_id, status="suspended", completed_at=datetime.now(timezone.utc).isoformat())
        if not self._desk.is_active(research_id):
            return json_answer(200, {"status": "success", "message": "Research terminated"})
        message = "Research termination requested by user"
        now = datetime.now(timezone.utc).isoformat()
        entry = {"time": now, "message": message, "progress": research["progress"], "metadata": {"phase": "termination"}}
        self._desk.append_active_log(research_id, entry)
        answer = json_answer(200, {"status": "success", "message": "Research termination requested"})
        payload = {"status": "suspended", "message": "Research was suspended by user request"}
        # The application sends this one under the other event name, and once.
        answer.actions = [Emit(f"research_progress_{research_id}", (payload,))]
        return answer

    def _queue_position(self, _request, research_id):
        research = self._desk.store.research(research_id)
        if research is None or research["queue_position"] is None:
            return json_answer(404, {"status": "error", "message": "Research not found in queue"})
        return json_answer(200, {"status": "success", "position": research["queue_position"]})

    def _page(self, request, *_parts):
        return self._html(self._page_text, "Research " + request.path)

    def _login(self, _request):
        return self._html(PAGE, "Sign in")

    def _sign_in(self, _request, person):
        return Answer(204, b"", {"Set-Cookie": f"{PERSON}={person}; Path=/; HttpOnly; SameSite=Lax"})

    def _sign_out(self, _request):
        return Answer(204, b"", {"Set-Cookie": f"{PERSON}=; Path=/; HttpOnly; Max-Age=0"})

    def _html(self, text, title):
        body = text.replace("{token}", self._csrf_token).replace("{title}", title).encode()
        return Answer(200, body, {"Content-Type": TYPES[".html"], "Cache-Control": "no-cache"})

    def _icon(self, _request):
        return Answer(204, b"", {})

    def _file(self, path):
        for prefix, folder in self._static:
            if not path.startswith(prefix):
                continue
            file = (folder / path.removeprefix(prefix)).resolve()
            if file.is_file() and file.is_relative_to(folder):
                kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                return Answer(200, file.read_bytes(), {"Content-Type": kind, "Cache-Control": "no-store"})
        return json_answer(404, {"error": "Not found"})


def json_answer(status, value):
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def not_found():
    return json_answer(404, {"error": "Research not found"})


ROUTES = [
    ("GET", r"/api/research/([^/]+)/status", "status"),
    ("GET", r"/api/research/([^/]+)/logs", "logs"),
    ("GET", r"/history/logs/([^/]+)", "history_logs"),
    ("GET", r"/history/log_count/([^/]+)", "log_count"),
    ("POST", r"/api/terminate/([^/]+)", "terminate"),
    ("GET", r"/api/queue/([^/]+)/position", "queue_position"),
    ("GET", r"/auth/login", "login"),
    ("POST", r"/auth/login/(\w+)", "sign_in"),
    ("POST", r"/auth/logout", "sign_out"),
    ("GET", r"/favicon\.ico", "icon"),
    ("GET", r"/(?:(?:progress|results|chat)/([^/]+)|benchmark/)?", "page"),
]

"""The control API: what a test tells a server to do (README.md has the table)."""

from datetime import datetime, timezone

from research import Ask, Disconnect, Emit, Pause


def handle_control(desk, name, body):
    """Returns the answer, the actions to carry out, and whether to answer before they are done."""
    if name == "stats":
        return desk.stats.as_json(), [], False
    command = COMMANDS.get(name)
    if command is None:
        return None, [], False
    return {"ok": True}, command(desk, **body), bool(body.get("every_ms"))


def emit(desk, payload, id=None, event=None, times=1, every_ms=0):
    """One payload as an update of a research, or under any event name to everybody."""
    research_id = None if id is None else str(id)
    if research_id is not None:
        remember(desk, research_id, payload)
    for _ in range(times):
        if research_id is None:
            yield Emit(event, (payload,))
        else:
            yield from desk.publish(research_id, payload, event)
        yield from pause(every_ms)


def lines(desk, id, count, prefix="line", type="INFO", first=1, every_ms=0, again=0):
    """Log lines `<prefix> <n>`, stored and sent live; each whose number `again` divides is `<prefix> again` instead."""
    research_id = str(id)
    remember(desk, research_id, {})
    messages = [f"{prefix} {n}" if not again or n % again else f"{prefix} again" for n in range(first, first + count)]
    # A burst is stored in one go; a stream one by one, so that each line has its own second.
    batches = [[message] for message in messages] if every_ms else [messages]
    for batch in batches:
        for entry in desk.store.add_lines(research_id, batch, type):
            if desk.release.keeps_active_log:
                desk.append_active_log(research_id, entry)
            yield from desk.publish(research_id, {"log_entry": entry})
        yield from pause(every_ms)


def updates(desk, id, count, prefix="step", first=1, total=None, phase="search", every_ms=0):
    """Steps `<prefix> <n>` whose progress goes up to 95 at `total`; they are not throttled."""
    research_id = str(id)
    total = total or first + count - 1
    for n in range(first, first + count):
        payload = {"progress": round(95 * n / total, 2), "message": f"{prefix} {n}", "phase": phase}
        remember(desk, research_id, payload)
        yield from desk.publish(research_id, payload)
        yield from pause(every_ms)


def final(desk, id, status="completed", message=None, error=None):
    """The end of a research: the final update, and once more from the clean-up."""
    research_id = str(id)
    if status in ("failed", "error"):
        payload = {"status": status, "error": error or "The research failed"}
    else:
        payload = {
            "status": status,
            "message": message or f"Research {status}",
            "progress": 100 if status == "completed" else 0,
        }
    remember(desk, research_id, payload)
    yield from desk.publish(research_id, payload)
    desk.end(research_id)
    yield from desk.publish(research_id, payload)


def research(desk, id, active=None, **fields):
    """Changes what is stored and sends nothing."""
    research_id = str(id)
    desk.store.save(research_id, **fields)
    if active is True:
        desk.set_active(research_id, fields.get("progress"))
    elif active is False:
        desk.end(research_id)
    return []


def ask(desk, event, args=()):
    """An event that wants an acknowledgement, to each connected client."""
    return [Ask(event, tuple(args), sid) for sid in desk.stats.connected()]


def disconnect(desk):
    """Disconnects every client from the namespace; the Engine.IO sessions go on."""
    return [Disconnect(sid) for sid in desk.stats.connected()]


def access(desk, sign_in_required=None, refuse_connects=None):
    """Whether the endpoints want a session cookie, and whether the namespace refuses its CONNECT."""
    if sign_in_required is not None:
        desk.sign_in_required = sign_in_required
    if refuse_connects is not None:
        desk.refuse_connects = refuse_connects
    return []


def owner(desk, id, person):
    """Shows a research only to whoever has signed in as this person (`POST /auth/login/<person>`)."""
    desk.owners[str(id)] = person
    return []


def remember(desk, research_id, payload):
    """Stores what the status endpoint will say."""
    fields = {}
    if isinstance(payload.get("progress"), (int, float)):
        fields["progress"] = payload["progress"]
    if isinstance(payload.get("status"), str):
        fields["status"] = payload["status"]
    if fields.get("status") in ("completed", "suspended", "failed", "error", "cancelled"):
        fields["completed_at"] = datetime.now(timezone.utc).isoformat()
    if payload.get("error"):
        fields["metadata"] = {"error": payload["error"]}
    desk.store.save(research_id, **fields)
    desk.set_active(research_id, fields.get("progress"))


def pause(every_ms):
    if every_ms:
        yield Pause(every_ms / 1000)


COMMANDS = {
    "emit": emit,
    "lines": lines,
    "updates": updates,
    "final": final,
    "research": research,
    "ask": ask,
    "disconnect": disconnect,
    "access": access,
    "owner": owner,
}

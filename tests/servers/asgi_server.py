"""The newest server: python-socketio on ASGI under uvicorn, at /ws/socket.io, which says why it refuses."""

import asyncio
import socket

import socketio
import uvicorn
from engineio.async_socket import AsyncSocket

import options as command_line
import ping
from endpoints import Request
from research import Ask, Disconnect, Emit, Join, Pause

PATH = "ws/socket.io"


def main():
    options = command_line.parse(__doc__, "newest")
    serve(options, create_app(options, PATH))


def create_app(options, path, **server_options):
    """The application for any ASGI server. `server_options` are python-socketio's."""
    desk, endpoints = command_line.build(options)
    sio = socketio.AsyncServer(
        async_mode="asgi",
        ping_interval=options.ping_interval,
        ping_timeout=options.ping_timeout,
        **command_line.server_options(options),
        **server_options,
    )
    ping.announce_fractions(AsyncSocket)
    register_events(sio, desk)
    return socketio.ASGIApp(sio, other_asgi_app=http_app(sio, desk, endpoints), socketio_path=path)


def serve(options, app, **uvicorn_options):
    """Serves an application until a signal ends it."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    listener.listen(128)
    command_line.announce(listener.getsockname()[1])
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", **uvicorn_options)
    uvicorn.Server(config).run(sockets=[listener])


def register_events(sio, desk):
    @sio.event
    async def connect(sid, environ, auth=None):
        if desk.refuse_connects:
            raise socketio.exceptions.ConnectionRefusedError("Authentication required", {"sign_in": "/login"})
        desk.stats.handle_connect(sid, auth, environ.get("HTTP_COOKIE"))

    @sio.event
    async def disconnect(sid, reason=None):
        desk.handle_disconnect(sid, reason)

    @sio.event
    async def subscribe_to_research(sid, data=None):
        desk.stats.events["subscribe_to_research"] += 1
        await perform(sio, desk, desk.handle_subscribe(sid, data))

    @sio.event
    async def unsubscribe_from_research(sid, data=None):
        desk.stats.events["unsubscribe_from_research"] += 1
        desk.handle_unsubscribe(sid, data)

    @sio.event
    async def echo(_sid, *args):
        desk.stats.events["echo"] += 1
        return args

    @sio.event
    async def bounce(sid, *args):
        desk.stats.events["bounce"] += 1
        await sio.emit("bounced", args, to=sid)

    @sio.on("*")
    async def anything(event, _sid, *_args):
        desk.stats.events[event] += 1
        # As for an event that has no handler: counted, and not acknowledged.
        return sio.not_handled


def http_app(sio, desk, endpoints):
    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        made = endpoints.answer(Request(scope["method"], scope["path"], headers, body))
        if made.in_background:
            keep(asyncio.create_task(perform(sio, desk, made.actions)))
        else:
            await perform(sio, desk, made.actions)
        head = [(name.lower().encode(), value.encode()) for name, value in made.headers.items()]
        await send({"type": "http.response.start", "status": made.status, "headers": head})
        await send({"type": "http.response.body", "body": made.body})

    return app


async def perform(sio, desk, actions):
    for count, action in enumerate(actions):
        match action:
            case Emit(event, args, to):
                await sio.emit(event, args, to=to)
            case Ask(event, args, to):
                await sio.emit(event, args, to=to, callback=lambda *said: desk.stats.answers.append(said))
            case Join(room, sid):
                await sio.enter_room(sid, room)
            case Disconnect(sid):
                await sio.disconnect(sid)
            case Pause(seconds):
                await asyncio.sleep(seconds)
        # Emitting to a queue never waits, so a burst would keep the loop from answering its clients.
        if count % 50 == 49:
            await asyncio.sleep(0)


TASKS = set()


def keep(task):
    """asyncio holds its tasks weakly; this keeps one until it is done."""
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


if __name__ == "__main__":
    main()

"""The application's server: Flask-SocketIO, threads, Werkzeug, ping 5/20, as its documented version configures it."""

import logging
import threading
import time

from engineio.socket import Socket
from flask import Flask, Response, request
from flask_socketio import SocketIO
from werkzeug.serving import make_server

import options as command_line
import ping
from endpoints import Request
from research import Ask, Disconnect, Emit, Join, Pause


def main():
    options = command_line.parse(__doc__, "1.3")
    app = create_app(options, async_mode="threading")
    # What `SocketIO.run` does in this mode, but it does not say which port it got.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", options.port, app, threaded=True)
    command_line.announce(server.server_port)
    server.serve_forever()


def create_app(options, **server_options):
    """The application for any WSGI server. `server_options` are Flask-SocketIO's."""
    desk, endpoints = command_line.build(options)
    app = Flask(__name__, static_folder=None)
    # The values of the application, but for the ping when a test gives its own.
    socketio = SocketIO(
        app,
        path="/socket.io",
        logger=False,
        engineio_logger=False,
        ping_timeout=options.ping_timeout,
        ping_interval=options.ping_interval,
        **command_line.server_options(options),
        **server_options,
    )
    ping.announce_fractions(Socket)
    register_events(socketio, desk)

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST"])
    def answer(path):
        headers = {name.lower(): value for name, value in request.headers.items()}
        made = endpoints.answer(Request(request.method, f"/{path}", headers, request.get_data()))
        if made.in_background:
            threading.Thread(target=perform, args=(socketio, desk, made.actions), daemon=True).start()
        else:
            perform(socketio, desk, made.actions)
        return Response(made.body, made.status, made.headers)

    return app


def register_events(socketio, desk):
    @socketio.on("connect")
    def on_connect(auth=None):
        if desk.refuse_connects:
            raise ConnectionRefusedError("Authentication required")
        desk.stats.handle_connect(request.sid, auth, request.headers.get("Cookie"))

    @socketio.on("disconnect")
    def on_disconnect(reason):
        desk.handle_disconnect(request.sid, reason)

    @socketio.on("subscribe_to_research")
    def on_subscribe(data=None):
        desk.stats.events["subscribe_to_research"] += 1
        perform(socketio, desk, desk.handle_subscribe(request.sid, data))

    @socketio.on("echo")
    def on_echo(*args):
        desk.stats.events["echo"] += 1
        return args

    @socketio.on("bounce")
    def on_bounce(*args):
        desk.stats.events["bounce"] += 1
        socketio.emit("bounced", args, to=request.sid)

    @socketio.on("*")
    def on_anything(event, *_args):
        desk.stats.events[event] += 1
        # As for an event that has no handler: counted, and not acknowledged.
        return socketio.server.not_handled


def perform(socketio, desk, actions):
    for action in actions:
        match action:
            case Emit(event, args, to):
                socketio.emit(event, args, to=to)
            case Ask(event, args, to):
                socketio.emit(event, args, to=to, callback=lambda *said: desk.stats.answers.append(said))
            case Join(room, sid):
                socketio.server.enter_room(sid, room)
            case Disconnect(sid):
                socketio.server.disconnect(sid)
            case Pause(seconds):
                time.sleep(seconds)


if __name__ == "__main__":
    main()

"""A worker under uvicorn: the newest server, with its events by Redis."""

import os

import asgi_server
import options as command_line
from socketio import AsyncRedisManager

# Seconds that open requests may take when it is told to end.
GRACE = 2


def main():
    options = command_line.parse(__doc__, "rooms")
    # Where nginx and HAProxy look for Flask's, too.
    app = asgi_server.create_app(options, "socket.io", client_manager=AsyncRedisManager(os.environ["REDIS_URL"], channel="research"))
    asgi_server.serve(options, app, timeout_graceful_shutdown=GRACE)


if __name__ == "__main__":
    main()

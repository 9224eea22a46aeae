"""Command line options that both Python servers have."""

import argparse

from endpoints import Endpoints
from research import RELEASES, Desk
from store import Store


def parse(description, release, arguments=None):
    """The options of the command line, or of `arguments`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--release", choices=sorted(RELEASES), default=release, help="which release's behaviour")
    parser.add_argument("--ping-interval", type=float, default=5, help="seconds, also fractions")
    parser.add_argument("--ping-timeout", type=float, default=20, help="seconds, also fractions")
    parser.add_argument("--store", metavar="FILE", help="keep researches and log lines in FILE, which several processes may share")
    parser.add_argument("--log-delay", type=float, default=0, help="seconds that a log line waits in the queue")
    parser.add_argument("--static", action="append", default=[], metavar="/PREFIX=DIR", help="serve a folder")
    parser.add_argument("--security", choices=["strict", "wasm", "policy"], help="send the application's security headers; wasm: with 'wasm-unsafe-eval'; policy: the Content-Security-Policy alone")
    parser.add_argument("--html", metavar="FILE", help="serve FILE as each page")
    parser.add_argument("--cors", choices=["*", "own"], default="*", help="own: no other origin than the server's own, as Host has it")
    parser.add_argument("--transports", default="polling,websocket", help="those that the server takes")
    parser.add_argument("--no-upgrades", action="store_true", help="offer no WebSocket to a client that polls")
    return parser.parse_args(arguments)


def server_options(options):
    """What the Socket.IO server itself is told."""
    return {"cors_allowed_origins": "*" if options.cors == "*" else None, "transports": options.transports.split(","), "allow_upgrades": not options.no_upgrades}


def build(options):
    """The desk and the endpoints that the options ask for."""
    desk = Desk(Store(options.store, options.log_delay), options.release)
    static = [tuple(folder.split("=", 1)) for folder in options.static]
    return desk, Endpoints(desk, static, options.security, options.html)


def announce(port):
    """The line that a test waits for. Printed when the port already accepts connections."""
    print(f"listening on http://127.0.0.1:{port}", flush=True)

"""Serves a Flask-SocketIO server of a document as it is written there, with the package and a page beside it."""

import runpy
import sys

from flask import Response, send_from_directory
from werkzeug.serving import make_server

source, package, page = sys.argv[1:]
names = runpy.run_path(source)
app, socketio = names["app"], names["socketio"]
# It waits, so that a page can follow it before it begins.
names["tell"]("research-12345", status="queued")


@app.get("/favicon.ico")
def send_nothing():
    return "", 204


@app.get("/")
def send_page():
    with open(page, encoding="utf-8") as file:
        return Response(file.read(), mimetype="text/html")


@app.get("/pkg/<path:name>")
def send_file(name):
    return send_from_directory(package, name)


@app.post("/begin/<id>")
def begin(id):
    socketio.start_background_task(names["research"], id)
    return ""


server = make_server("127.0.0.1", 0, app, threaded=True)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()

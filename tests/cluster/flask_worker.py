"""A worker for gunicorn: the application's server, with its events by Redis. Its options are in CLUSTER_OPTIONS, as JSON."""

import json
import os

import flask_server
import options as command_line

options = command_line.parse(__doc__, "rooms", json.loads(os.environ["CLUSTER_OPTIONS"]))
app = flask_server.create_app(options, async_mode="gevent", message_queue=os.environ["REDIS_URL"], channel="research")

"""What a research tells its pages, from a process that no page is connected to."""

import os

from socketio import RedisManager

# The same channel as the workers: the defaults of Flask-SocketIO and of RedisManager are not the same.
queue = RedisManager(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), channel="research", write_only=True)


def tell(research_id, payload):
    """Reaches the members of the room at whichever worker they are. Store a line before it is told."""
    queue.emit(f"progress_{research_id}", payload, room=f"research_{research_id}")

"""A research in a process of its own, as large installations have it: each line goes into the stored log, then through Redis.

Reads commands of tests/servers/control.py from its input, as `["lines", {"id": "research-1", "count": 10}]`, one a line, and prints
`ok` when one is done.
"""

import json
import sys
import time

import options as command_line
from control import handle_control
from research import Desk, Pause
from store import Store
from tell import tell


class Publisher(Desk):
    """A desk without readers of its own."""

    def publish(self, research_id, payload, event=None):
        tell(research_id, payload)
        return []


def main():
    options = command_line.parse(__doc__, "rooms")
    desk = Publisher(Store(options.store), options.release)
    print("ready", flush=True)
    for line in sys.stdin:
        name, body = json.loads(line)
        _, actions, _ = handle_control(desk, name, body)
        for action in actions:
            if isinstance(action, Pause):
                time.sleep(action.seconds)
        print("ok", flush=True)


if __name__ == "__main__":
    main()

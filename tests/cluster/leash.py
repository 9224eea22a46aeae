"""Ends process groups when whoever has started this one is gone, however it went. Reads `+ID` and `-ID`, one a line."""

import os
import signal
import sys

groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass

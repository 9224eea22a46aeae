"""Ends process groups when whoever has started this one is gone, however it went, and removes the folder that they shared.

Its argument is the folder. Reads `+ID` and `-ID` of groups, one a line.
"""

import os
import shutil
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
shutil.rmtree(sys.argv[1], ignore_errors=True)

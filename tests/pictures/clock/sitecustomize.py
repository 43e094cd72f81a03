"""Lets every process of a pictured installation live so many seconds away from the machine's own time. Python imports a
module of this name by itself, from the folders in PYTHONPATH."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(
    datetime.now(UTC) + timedelta(seconds=float(os.environ["PICTURED_SECONDS_AHEAD"])), tick=True
).start()

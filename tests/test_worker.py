"""The table of what follows from what."""

import ast
from pathlib import Path

import podcastsvc
from podcastsvc.commands.serving import AT_START
from podcastsvc.worker import SCHEDULES, WORK

PACKAGE = Path(podcastsvc.__file__).parent


def test_every_schedule_has_its_work():
    assert {schedule.kind for schedule in SCHEDULES} <= set(WORK)


def test_what_each_start_begins_with_has_its_work():
    assert set(AT_START) <= set(WORK)


def test_every_kind_of_job_that_a_room_enqueues_has_its_work():
    kinds = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").endswith("_JOB"):
                kinds.add(ast.literal_eval(node.value))

    assert len(kinds) >= 8
    assert kinds <= set(WORK)

"""Working on the queue: jobs that work, fail, or belong to nobody; and schedules."""

import logging
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from podcastsvc.errors import Unavailable
from podcastsvc.kit import clock
from podcastsvc.storage import jobs
from podcastsvc.storage.db import Database
from podcastsvc.storage.tables.job import Job
from podcastsvc.storage.working import Schedule, Worker


def put(db, kind, **options):
    with db.transaction() as session:
        jobs.enqueue(session, kind, **options)


def read_job(db):
    with db.reading() as session:
        return session.scalars(select(Job)).one()


def test_a_job_is_handed_its_payload_and_marked_done(db):
    seen = []
    put(db, "work", payload={"n": 7})

    Worker(db, {"work": lambda payload: seen.append(payload["n"])}).run_all()

    assert seen == [7]
    assert read_job(db).state == "done"


def test_a_job_that_fails_is_tried_again_later_and_says_why(db):
    def fail(_payload):
        raise Unavailable("Stripe does not answer.")

    put(db, "work")

    Worker(db, {"work": fail}).run_all()

    job = read_job(db)
    assert (job.state, job.attempts) == ("ready", 1)
    assert job.last_error == "Unavailable: Stripe does not answer."


def test_an_unexpected_failure_keeps_its_words_out_of_the_row(db):
    def fail(_payload):
        raise ValueError("token k7m2qx")

    put(db, "work")

    Worker(db, {"work": fail}).run_all()

    assert read_job(db).last_error == "ValueError"


def test_a_job_of_an_unknown_kind_is_kept_for_a_newer_version(db):
    put(db, "from.the.future")

    Worker(db, {}).run_all()

    assert read_job(db).state == "ready"


def test_two_workers_do_each_job_once(db):
    seen, lock = [], threading.Lock()

    def work(payload):
        with lock:
            seen.append(payload["n"])

    for number in range(20):
        put(db, "work", payload={"n": number})
    threads = [threading.Thread(target=Worker(db, {"work": work}).run_all) for _ in range(2)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen) == list(range(20))


def test_a_schedule_comes_round_once_for_all_workers(db):
    seen = []
    schedules = (Schedule("tick", "tick", timedelta(days=365 * 40)),)
    handlers = {"tick": lambda _payload: seen.append(1)}

    Worker(db, handlers, schedules).run_all()
    Worker(db, handlers, schedules).run_all()

    assert seen == [1]


class _Heard(logging.Handler):
    """Waits for one line of the log."""

    def __init__(self, line):
        super().__init__()
        self.line, self.came = line, threading.Event()

    def emit(self, record):
        if record.getMessage() == self.line:
            self.came.set()


@pytest.mark.postgres
def test_a_worker_outlives_what_nobody_expected_t_d10(postgres_database, caplog):
    # Without its table, the queue raises something else than Unavailable: the thread ended, and no job was done again.
    db, done, failed = Database(postgres_database), threading.Event(), _Heard("the worker failed, and goes on")
    put(db, "work")
    with db.transaction() as session:
        session.execute(text("ALTER TABLE job RENAME TO job_away"))
    logging.getLogger("podcastsvc").addHandler(failed)
    worker = Worker(db, {"work": lambda _payload: done.set()})
    thread = worker.start()

    has_failed = failed.came.wait(20)
    with db.transaction() as session:
        session.execute(text("ALTER TABLE job_away RENAME TO job"))
    has_gone_on = done.wait(20)

    worker.stop()
    thread.join(20)
    logging.getLogger("podcastsvc").removeHandler(failed)
    db.dispose()
    assert has_failed
    assert has_gone_on
    assert any(record.exc_info for record in caplog.records if record.levelname == "ERROR")


def test_a_stopped_worker_ends(db):
    worker = Worker(db, {})
    thread = worker.start()

    worker.stop()
    thread.join(10)

    assert not thread.is_alive()


def test_a_job_is_done_after_a_worker_died_with_it(db):
    put(db, "work")
    with db.transaction() as session:
        jobs.claim(session, "dead", clock.now() - jobs.LEASE - timedelta(seconds=5))

    Worker(db, {"work": lambda _payload: None}).run_all()

    assert read_job(db).state == "done"

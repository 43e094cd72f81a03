"""The job queue, on both databases."""

from datetime import timedelta

import pytest

from podcastsvc.kit import clock
from podcastsvc.storage import jobs
from podcastsvc.storage.tables.job import Job


def take(db, owner="one", at=None):
    with db.transaction() as session:
        return jobs.claim(session, owner, at or clock.now())


def put(db, kind="work", **options):
    with db.transaction() as session:
        jobs.enqueue(session, kind, **options)


def test_a_job_is_claimed_by_one_worker_only(db):
    put(db)

    first, second = take(db, "one"), take(db, "two")

    assert first.kind == "work"
    assert second is None


def test_a_job_of_a_rolled_back_transaction_never_existed(db):
    with pytest.raises(ZeroDivisionError), db.transaction() as session:
        jobs.enqueue(session, "work")
        raise ZeroDivisionError

    assert take(db) is None


def test_a_job_whose_worker_died_is_claimed_again_after_its_lease(db):
    put(db)
    dead = take(db, "dead")

    early = take(db, "two", clock.now() + timedelta(seconds=30))
    late = take(db, "two", clock.now() + jobs.LEASE + timedelta(seconds=1))

    assert early is None
    assert late.id == dead.id
    assert late.attempts == 2


def test_a_worker_that_lost_its_lease_cannot_finish_the_job(db):
    put(db)
    slow = take(db, "slow")
    take(db, "quick", clock.now() + jobs.LEASE + timedelta(seconds=1))

    with db.transaction() as session:
        finished = jobs.finish(session, slow, clock.now())

    assert not finished


def test_a_renewed_lease_keeps_others_away(db):
    put(db)
    job = take(db, "one")
    later = clock.now() + timedelta(seconds=50)

    with db.transaction() as session:
        jobs.renew(session, job, later)

    assert take(db, "two", later + timedelta(seconds=50)) is None


def test_two_unfinished_jobs_never_share_a_unique_key(db):
    put(db, unique_key="scan")
    put(db, unique_key="scan")

    assert take(db) is not None
    assert take(db) is None


def test_a_finished_job_frees_its_unique_key(db):
    put(db, unique_key="scan")
    job = take(db)
    with db.transaction() as session:
        jobs.finish(session, job, clock.now())

    put(db, unique_key="scan")

    assert take(db) is not None


def test_a_failed_job_waits_longer_each_time_and_then_is_dead(db):
    put(db, max_attempts=3)
    now, waits = clock.now(), []

    for _ in range(3):
        job = take(db, at=now)
        with db.transaction() as session:
            jobs.fail(session, job, now, "no answer")
        with db.reading() as session:
            row = session.get(Job, job.id)
            waits.append((row.run_at - now).total_seconds())
            state, error, now = row.state, row.last_error, max(row.run_at, now) + timedelta(seconds=1)

    assert 4 <= waits[0] <= 6
    assert 16 <= waits[1] <= 24
    assert (state, error) == ("dead", "no answer")
    assert take(db, at=now + timedelta(days=1)) is None


def test_a_job_without_a_last_attempt_goes_on_with_the_longest_wait_and_is_told(db):
    put(db, max_attempts=jobs.NO_LAST_ATTEMPT)
    now = clock.now()

    for _ in range(30):
        job = take(db, at=now)
        with db.transaction() as session:
            jobs.fail(session, job, now, "no answer")
        now += timedelta(hours=8)

    assert take(db, at=now).attempts == 31
    with db.reading() as session:
        assert [each.last_error for each in jobs.list_failing(session)] == ["no answer"]


def test_a_job_that_failed_once_is_nobodys_worry_yet(db):
    put(db)
    now = clock.now()

    with db.transaction() as session:
        jobs.fail(session, jobs.claim(session, "one", now), now, "no answer")

    with db.reading() as session:
        assert jobs.list_failing(session) == []


def test_more_urgent_jobs_come_first_and_later_ones_wait(db):
    put(db, "calm")
    put(db, "urgent", priority=5)
    put(db, "tomorrow", run_at=clock.now() + timedelta(days=1))

    kinds = [take(db).kind, take(db).kind]

    assert kinds == ["urgent", "calm"]
    assert take(db) is None


def test_a_due_time_of_a_schedule_becomes_one_job(db):
    due = clock.now()

    with db.transaction() as session:
        first = jobs.enqueue_scheduled(session, "sweep", "sweep", due)
        second = jobs.enqueue_scheduled(session, "sweep", "sweep", due)

    assert (first, second) == (True, False)
    assert take(db).kind == "sweep"
    assert take(db) is None


def test_old_finished_jobs_are_swept(db):
    put(db)
    job = take(db)
    with db.transaction() as session:
        jobs.finish(session, job, clock.now())

    with db.transaction() as session:
        removed = jobs.sweep(session, clock.now() + timedelta(days=8))

    assert removed == 1

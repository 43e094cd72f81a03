"""Uploads that go on: cut off anywhere, by anything, what was acknowledged is there and the rest can be added."""

import contextlib
import hashlib
import io
import os
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podcastsvc.catalogue import uploads
from podcastsvc.catalogue.spooling import resuming, sweeping
from podcastsvc.catalogue.spooling.resuming import Checksum, Damaged, Part
from podcastsvc.catalogue.uploads import Kind
from podcastsvc.errors import Conflict, Invalid, TooMany, Unavailable
from podcastsvc.kit import clock
from podcastsvc.mail.addresses import read_address
from podcastsvc.members import accounts
from podcastsvc.storage.tables.upload import UnfinishedUpload
from tests.catalogue.disks import full_disk
from tests.catalogue.recordings import make_m4a, make_mp3

LIMIT = 10_000_000
CONTENT = make_mp3(20)
WHOLE = len(CONTENT)
KINDS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def spool(tmp_path):
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


@pytest.fixture
def ada_id(sqlite_db, keys):
    with sqlite_db.transaction() as session:
        return accounts.add_host(session, keys, read_address("ada@example.org"), language="en", now=clock.now()).id


class Files:
    """Ada's uploads in one spool folder."""

    def __init__(self, db, spool, ada_id):
        self.db, self.spool, self.ada_id = db, spool, ada_id

    def begin(self, length_bytes=WHOLE, name="talk.mp3"):
        return resuming.begin(
            self.db,
            self.spool,
            member_id=self.ada_id,
            name=name,
            length_bytes=length_bytes,
            fingerprint=f"{name}:{length_bytes}:1",
            limit_bytes=LIMIT,
        )

    def read(self, row):
        with self.db.reading() as session:
            return session.get(UnfinishedUpload, row.id)

    def append(self, row, content, offset=0, **more):
        body = content if hasattr(content, "read") else io.BytesIO(content)
        return resuming.append(self.db, self.spool, self.read(row), Part(offset, body, **more))

    def finish(self, row):
        return resuming.finish(self.db, self.spool, row.id, self.ada_id, limit_bytes=LIMIT)

    def list_names(self):
        return sorted(path.name for path in self.spool.iterdir())


@pytest.fixture
def held(sqlite_db, spool, ada_id):
    return Files(sqlite_db, spool, ada_id)


class Broken(io.RawIOBase):
    """A body that ends in an error of its connection."""

    def __init__(self, content):
        self.content = io.BytesIO(content)

    def read(self, size=-1):
        block = self.content.read(min(size, 7_001))
        if not block:
            raise ConnectionError("the other side is gone")
        return block


@KINDS
@given(cuts=st.lists(st.integers(0, len(CONTENT)), max_size=6))
def test_a_file_cut_off_anywhere_any_number_of_times_is_whole_in_the_end(held, cuts):
    row = held.begin()
    at = 0

    for cut in cuts:
        with contextlib.suppress(ConnectionError):
            held.append(row, Broken(CONTENT[at : max(at, cut)]), at)
        at = held.read(row).offset_bytes
    held.append(row, CONTENT[at:], at)
    upload = held.finish(row)

    assert at == max(cuts, default=0)
    assert (held.spool / f"{row.id}.mp3").read_bytes() == CONTENT
    assert (upload.id, upload.sha256) == (row.id, hashlib.sha256(CONTENT).hexdigest())
    (held.spool / f"{row.id}.mp3").unlink()


@KINDS
@given(noted=st.integers(1, 50_000), behind=st.binary(max_size=3000))
def test_what_a_killed_process_wrote_behind_its_last_note_is_cut_off_t_d1(held, noted, behind):
    row = held.begin()
    held.append(row, CONTENT[:noted])
    with resuming.path_of(held.spool, row.id).open("ab") as file:
        file.write(behind)

    held.append(row, CONTENT[noted:], noted)

    assert held.finish(row).length_bytes == len(CONTENT)
    assert (held.spool / f"{row.id}.mp3").read_bytes() == CONTENT
    (held.spool / f"{row.id}.mp3").unlink()


def test_a_file_that_is_shorter_than_its_note_goes_on_from_what_is_there(held):
    row = held.begin()
    held.append(row, CONTENT[:50_000])
    os.truncate(resuming.path_of(held.spool, row.id), 30_000)

    with pytest.raises(Conflict):
        held.append(row, CONTENT[50_000:], 50_000)
    at = held.read(row).offset_bytes
    with pytest.raises(Conflict):
        held.append(row, CONTENT[at:], at + 1)


@pytest.mark.parametrize("offset", [0, 19_999, 20_001, len(CONTENT), len(CONTENT) + 5])
def test_a_part_that_begins_elsewhere_changes_nothing(held, offset):
    row = held.begin()
    held.append(row, CONTENT[:20_000])

    with pytest.raises((Conflict, Invalid)):
        held.append(row, b"x" * 100, offset, coming_bytes=100)

    assert held.append(row, CONTENT[20_000:], 20_000) == len(CONTENT)
    assert held.finish(row).length_bytes == len(CONTENT)


def test_more_than_the_file_has_is_refused_before_and_while_it_comes(held):
    row = held.begin(100_000)

    with pytest.raises(Invalid, match="More came"):
        held.append(row, b"", coming_bytes=100_001)
    with pytest.raises(Invalid, match="More came"):
        held.append(row, b"x" * 100_001)

    assert resuming.path_of(held.spool, row.id).stat().st_size == 0


def test_a_part_that_is_not_what_its_checksum_says_leaves_nothing(held):
    row = held.begin()
    held.append(row, CONTENT[:10_000], checksum=Checksum("sha256", hashlib.sha256(CONTENT[:10_000]).digest()))

    with pytest.raises(Damaged):
        held.append(row, CONTENT[10_000:20_000], 10_000, checksum=Checksum("sha1", b"x" * 20))

    assert held.read(row).offset_bytes == 10_000
    held.append(row, CONTENT[10_000:], 10_000)
    assert held.finish(row).length_bytes == len(CONTENT)


class Pausing:
    """A body whose second half waits until the test lets it go on."""

    def __init__(self, first, second):
        self._parts = [first, second, b""]
        self.half_read, self.go_on = threading.Event(), threading.Event()

    def read(self, _size):
        if len(self._parts) == 2:
            self.half_read.set()
            assert self.go_on.wait(20)
        return self._parts.pop(0)


def test_a_later_turn_ends_a_connection_that_is_dead_without_knowing(held):
    row = held.begin()
    stalled, refusals = Pausing(CONTENT[:30_000], b"not of this file" * 1000), []

    def send():
        try:
            held.append(row, stalled)
        except Conflict as refusal:
            refusals.append(refusal)

    first = threading.Thread(target=send)
    first.start()
    assert stalled.half_read.wait(20)
    held.append(row, CONTENT)
    stalled.go_on.set()
    first.join(20)

    assert len(refusals) == 1
    assert held.finish(row).sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_ten_unfinished_files_are_enough_for_one_person(held):
    rows = [held.begin() for _ in range(resuming.MOST_UNFINISHED)]

    with pytest.raises(Conflict, match="10 unfinished uploads"):
        held.begin()
    resuming.remove(held.db, held.spool, rows[0])

    assert held.begin().offset_bytes == 0


def test_two_parts_arrive_at_once_and_no_third(held):
    row = held.begin()
    with (
        contextlib.closing(uploads.Turn(held.spool)),
        contextlib.closing(uploads.Turn(held.spool)),
        pytest.raises(TooMany),
    ):
        held.append(row, CONTENT)

    assert held.append(row, CONTENT) == len(CONTENT)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 no sound in here" * 100, "must be an mp3 or m4a"),
        (make_m4a(30)[:6000], "cut off"),
        (bytes(5), "mp3"),
    ],
)
def test_what_is_no_sound_is_refused_at_the_end_and_leaves_nothing(held, content, sentence):
    row = held.begin(len(content))
    held.append(row, content)

    with pytest.raises(Invalid, match=sentence):
        held.finish(row)

    assert (held.list_names(), held.read(row)) == ([], None)


@pytest.mark.parametrize(("length", "sentence"), [(0, "empty"), (LIMIT + 1, "smaller than")])
def test_a_length_that_cannot_be_is_refused_before_anything_is_made(held, length, sentence):
    with pytest.raises(Invalid, match=sentence):
        held.begin(length)

    assert held.list_names() == []


def test_no_room_on_the_disk_is_said_before_anything_is_written_t_d4(held):
    with pytest.raises(Unavailable, match="almost full"):
        resuming.begin(
            held.db,
            held.spool,
            member_id=held.ada_id,
            name="a",
            length_bytes=8 << 50,
            fingerprint="",
            limit_bytes=9 << 50,
        )


def test_a_disk_that_takes_nothing_is_told_and_what_is_there_stays(held):
    row = held.begin()
    held.append(row, CONTENT[:10_000])

    with full_disk(), pytest.raises(Unavailable, match="disk is full"):
        held.append(row, CONTENT[10_000:], 10_000)

    assert held.append(row, CONTENT[10_000:], 10_000) == len(CONTENT)
    assert held.finish(row).length_bytes == len(CONTENT)


def test_finishing_twice_answers_the_same(held):
    row = held.begin()
    with pytest.raises(Conflict, match="not ended yet"):
        held.finish(row)
    held.append(row, CONTENT)

    first, second = held.finish(row), held.finish(row)

    assert (first.id, first.facts) == (second.id, second.facts)
    assert held.list_names() == [f"{row.id}.mp3"]


def test_a_server_that_died_while_it_looked_at_the_file_looks_again(held):
    row = held.begin()
    held.append(row, CONTENT)
    # Renamed already, and no row written.
    (held.spool / f"{row.id}.mp3").write_bytes(CONTENT)

    assert held.finish(row).length_bytes == len(CONTENT)


def test_another_persons_upload_is_not_known(held):
    row = held.begin()

    with held.db.reading() as session:
        assert resuming.find(session, held.spool, row.id, held.ada_id + 1) is None
    assert resuming.finish(held.db, held.spool, row.id, held.ada_id + 1, limit_bytes=LIMIT) is None


def test_what_nobody_went_on_with_in_seven_days_is_swept(held):
    old, young = held.begin(), held.begin()
    now = clock.now()
    with held.db.transaction() as session:
        session.get(UnfinishedUpload, old.id).changed_at = now - timedelta(days=8)
    for path in held.spool.iterdir():
        os.utime(path, (1, 1))

    sweeping.sweep(held.db, held.spool, now)

    assert held.list_names() == [f"unfinished-{young.id}.part"]
    with held.db.reading() as session:
        assert [row.id for row in resuming.list_own(session, held.spool, held.ada_id, now)] == [young.id]


def test_a_finished_upload_is_audio_that_waits_for_an_episode(held):
    row = held.begin()
    held.append(row, CONTENT)
    held.finish(row)

    with held.db.reading() as session:
        assert [each.id for each in uploads.list_unused(session, held.spool)] == [row.id]
        assert uploads.find_upload(session, held.spool, row.id, Kind.AUDIO) is not None

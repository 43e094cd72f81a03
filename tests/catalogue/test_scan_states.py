"""The scan and what follows from it: states that change by themselves, announcements, old addresses."""

from datetime import UTC, datetime

from podcastsvc.catalogue.access import State, read_access, state_of
from podcastsvc.catalogue.problems import find_problems, list_problems
from podcastsvc.catalogue.shows import read_states
from podcastsvc.storage.tables.episode import EpisodeAlias, ScanEntry
from tests.catalogue.folders import GUID, SHOW, make_cover, write, write_episode, write_notes
from tests.catalogue.sites import NOW, changes_of, remarks_of


def test_instants_at_which_feeds_change_are_kept_with_the_show(site):
    write_episode(site.root, "2026-06-10-maps", date="2026-06-10 06:00", public_from="2026-06-12", expires="2027-01-01")
    folder = write_episode(site.root, "2026-06-11-money", date="2026-06-11")
    write_episode(site.root, "2026-06-13-secret", date="2026-06-13", listed="false")
    site.scan()
    first = site.get_show().instants
    write_notes(folder, title="Money", date="2026-06-20")

    site.scan()

    assert first == [
        "2026-06-10T06:00:00+00:00",
        "2026-06-11T00:00:00+00:00",
        "2026-06-12T00:00:00+00:00",
        "2027-01-01T00:00:00+00:00",
    ]
    assert site.get_show().instants == [
        "2026-06-10T06:00:00+00:00",
        "2026-06-12T00:00:00+00:00",
        "2026-06-20T00:00:00+00:00",
        "2027-01-01T00:00:00+00:00",
    ]


def test_episode_is_announced_once_when_it_comes_out(site):
    folder = write_episode(site.root, "2026-06-01-now", date="2026-06-01 11:00")
    write_episode(site.root, "2026-06-10-later", date="2026-06-10 06:00")
    write_episode(site.root, "2020-01-01-old", date="2020-01-01")
    write_episode(site.root, "draft", date=None)
    site.scan()
    write_notes(folder, title="Changed", date="2026-06-01 11:00", guid=site.get("2026-06-01-now").guid)

    site.scan()

    jobs = {job.payload["episode_id"]: job.run_at for job in site.list_jobs() if job.kind == "episode.published"}
    assert jobs == {
        site.get("2026-06-01-now").id: NOW,
        site.get("2026-06-10-later").id: datetime(2026, 6, 10, 6, 0, tzinfo=UTC),
    }


def test_old_address_that_another_episode_has_stays_there(lite):
    write_episode(lite.root, "2026-05-30-a", aliases="[/old/]")
    write_episode(lite.root, "2026-05-31-b", aliases="[/old/, /older/]")

    report = lite.scan()

    assert remarks_of(report, "2026-05-31-b") == [
        "notes.md: the old address /old/ leads to 2026-05-30-a already, and stays there."
    ]
    assert lite.count(EpisodeAlias) == 2


def read_numbers(site, instants):
    """What names the state of the show at some instants."""
    with site.db.reading() as session:
        return [read_states(session, at) for at in instants]


def test_states_change_with_the_clock_and_without_a_write(site):
    write_episode(site.root, "2026-06-10-maps", date="2026-06-10 06:00", expires="2026-07-01", guid=GUID)
    write_episode(site.root, "draft", date=None)
    hours = [datetime(2026, 6, 10, 5, 59, 59), datetime(2026, 6, 10, 6), datetime(2026, 6, 30), datetime(2026, 7, 1)]
    instants = [hour.replace(tzinfo=UTC) for hour in hours]

    site.scan()
    numbers = read_numbers(site, instants)
    states = [str(state_of(read_access(site.get("2026-06-10-maps")), at)) for at in instants]
    report = site.scan(now=instants[-1])

    assert states == ["scheduled", "published", "published", "withdrawn"]
    assert numbers[1] == numbers[2]
    assert len(set(numbers)) == 3
    assert report.counts == {"unchanged": 3}
    assert read_numbers(site, instants) == numbers
    assert {str(state_of(read_access(site.get("draft")), at)) for at in instants} == {"draft"}


def test_episode_that_is_withdrawn_by_its_notes_keeps_its_addresses(lite):
    folder = write_episode(lite.root, "2026-05-30-maps", guid=GUID)
    lite.scan()
    (before,) = lite.list_audio("2026-05-30-maps")
    write_notes(folder, title="Maps", date="2026-05-30 06:00", guid=GUID, expires="2026-06-01")

    report = lite.scan()

    (after,) = lite.list_audio("2026-05-30-maps")
    assert changes_of(report) == {"2026-05-30-maps": "changed"}
    assert state_of(read_access(lite.get("2026-05-30-maps")), NOW) is State.WITHDRAWN
    assert (after.id, after.name, after.replaced_at) == (before.id, before.name, None)


# ---- what was found, for the studio


def test_what_a_scan_found_can_be_said_in_another_language(site):
    for name, head in (("a", {"type": "special"}), ("b", {})):
        write(write_episode(site.root, name, **head) / "cover.jpg", make_cover(200))
    site.scan()
    site.scan()

    with site.db.reading() as session:
        found = [each for each in list_problems(session) if each.folder in {"a", "b"}]
        alone = [find_problems(session, each.folder) for each in found]

    assert alone == found
    assert [remark.message.template for each in found for remark in each.remarks] == [
        "%(key)s must be one of these: %(allowed)s. It is %(value)s.",
        "The picture has %(size)s pixels; apps ask for at least 1400 × 1400.",
    ]


def test_what_was_found_before_sentences_were_kept_is_still_told(lite):
    old = {"file": "notes.md", "message": "is old.", "line": 3, "is_mistake": True}
    with lite.db.transaction() as session:
        session.add(ScanEntry(folder="maps", fingerprint="", hashes={}, problems=[old], seen_at=NOW))

    with lite.db.reading() as session:
        (found,) = list_problems(session)

    assert [str(remark) for remark in found.remarks] == ["notes.md:3: is old."]


def test_the_looks_of_a_site_are_read_again_and_no_feed_is_called_changed(lite):
    write_episode(lite.root, "2026-05-30-maps")
    lite.scan()
    before, known = lite.get_show().version, len(lite.list_jobs())
    write(lite.root / "show.yaml", SHOW + 'look: {colour: "#8a1c5b"}\n')

    report = lite.scan()

    assert changes_of(report)["show.yaml"] == "changed"
    assert lite.get_show().facts["look"]["colour"] == "#8a1c5b"
    assert (lite.get_show().version, len(lite.list_jobs())) == (before, known)

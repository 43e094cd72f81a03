"""The search index, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from podcastsvc.storage import search
from podcastsvc.storage.search import Found, Item, Passage, Place, read_query
from podcastsvc.storage.tables.search import SearchItem, SearchPassage

NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)


def make_item(ref_id, *, days=1, kind="episode", **texts):
    return Item(kind, ref_id, f"s{ref_id}", NOW - timedelta(days=days), search.make_words(**texts))


@pytest.fixture
def put(db):
    def put(*items):
        with db.transaction() as session:
            for item in items:
                search.put(session, item)

    return put


@pytest.fixture
def find(db):
    """The numbers of what is found, best first."""

    def find(typed, at=NOW):
        with db.reading() as session:
            return [each.ref_id for each in search.find(session, read_query(typed), at)]

    return find


def test_a_title_comes_before_what_is_about_it_then_the_body_then_the_inside(put, find):
    put(
        make_item(1, inside="The canal was dug."),
        make_item(2, body="The canal was dug."),
        make_item(3, about="The canal was dug."),
        make_item(4, title="The canal was dug.", days=9),
    )

    assert find("canal") == [4, 3, 2, 1]


def test_newer_ones_come_first_among_equals(put, find):
    put(make_item(1, title="Canal", days=3), make_item(2, title="Canal", days=1), make_item(3, title="Canal", days=2))

    assert find("canal") == [2, 3, 1]


def test_every_word_has_to_be_there_wherever_it_stands(put, find):
    put(make_item(1, title="The canal", inside="tolls were paid"), make_item(2, title="The canal"))

    assert find("canal tolls") == [1]


@pytest.mark.parametrize(("said", "typed"), [("pódcast", "podcast"), ("podcast", "pódcast"), ("ESPAÑA", "espana")])
def test_accents_and_case_are_not_asked_for(put, find, said, typed):
    put(make_item(1, body=said))

    assert find(typed) == [1]


def test_spanish_and_english_are_found_in_one_index(put, find):
    put(make_item(1, title="Las canciones del imperio"), make_item(2, title="The songs of empires"))

    assert find("canción imperios") == [1]
    assert find("song empire") == [2]


def test_the_last_word_may_be_a_beginning(put, find):
    put(make_item(1, title="The Hormuz question"))

    assert find("hormuz ques") == [1]
    assert find("horm question") == []


def test_a_beginning_is_told_from_a_whole_word(db, put):
    put(make_item(1, inside="tolls"), make_item(2, inside="tollgate"))

    with db.reading() as session:
        found = search.find(session, read_query("toll"), NOW)

    assert {each.ref_id: each.is_whole for each in found} == {1: True, 2: False}
    assert {each.place for each in found} == {Place.INSIDE}


def test_what_has_not_come_out_is_not_found(put, find):
    put(make_item(1, title="Canal", days=-1))

    assert find("canal") == []
    assert find("canal", NOW + timedelta(days=2)) == [1]


def test_putting_again_replaces_what_was_there(db, put, find):
    put(make_item(1, title="Canal"))
    put(make_item(1, title="River"))

    assert find("canal") == []
    assert find("river") == [1]
    with db.reading() as session:
        assert session.scalar(select(func.count(SearchItem.id))) == 1
        assert session.scalar(text("SELECT count(*) FROM search_words")) == 1


def test_what_is_removed_leaves_nothing(db, put, find):
    put(make_item(1, title="Canal"), make_item(2, title="Canal"))
    with db.transaction() as session:
        search.remove(session, [each.item_id for each in search.find(session, read_query("canal"), NOW)][:1])

    assert len(find("canal")) == 1
    with db.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM search_words")) == 1


def test_nothing_stays_of_what_is_not_committed(db, find):
    with pytest.raises(ZeroDivisionError), db.transaction() as session:
        search.put(session, make_item(1, title="Canal"))
        raise ZeroDivisionError

    assert find("canal") == []


def test_kinds_with_the_same_number_are_two_items(put, db):
    put(make_item(1, title="Canal"), make_item(1, kind="article", title="Canal"))

    with db.reading() as session:
        assert {each.kind for each in search.find(session, read_query("canal"), NOW)} == {"episode", "article"}


def test_passages_come_back_as_they_were(db):
    passages = (
        Passage("notes", "en", "About the canal."),
        Passage("transcript", "es", "Por tonelada, por día.", 12_000, ((0, 12_000), (14, 13_500))),
    )
    with db.transaction() as session:
        search.put(session, Item("episode", 1, "s", NOW, search.make_words(title="Canal"), passages))

    with db.reading() as session:
        (found,) = search.find(session, read_query("canal"), NOW)
        assert found == Found(found.item_id, "episode", 1, "s", Place.TITLE, is_whole=True)
        assert search.list_passages(session, [found.item_id], ("notes", "transcript")) == {found.item_id: [*passages]}
        assert search.list_passages(session, [found.item_id], ("notes",)) == {found.item_id: [passages[0]]}


def test_removing_takes_the_passages_along(db):
    with db.transaction() as session:
        search.put(session, Item("episode", 1, "s", NOW, search.make_words(), (Passage("notes", "en", "Canal"),)))
        search.remove(session, [session.scalars(select(SearchItem.id)).one()])

    with db.reading() as session:
        assert session.scalars(select(SearchPassage)).all() == []


def test_small_words_count_only_where_there_are_no_others(put, find):
    put(make_item(1, title="History of an empire"), make_item(2, title="The The"))

    assert find("the history of the empire") == [1]
    assert find("the") == [2]


def test_texts_of_any_size_are_taken(put, find):
    put(make_item(1, title="Canal", inside=" ".join(f"{number:040d}" for number in range(40_000))))

    assert find("canal") == [1]


def test_a_query_is_cut_and_says_so():
    query = read_query("palabra " * 1250)

    assert query.words == ("palabra",)
    assert query.is_cut
    assert read_query(" ".join(f"w{number}" for number in range(30))).is_cut
    assert not read_query("canal tolls").is_cut


@pytest.mark.parametrize("typed", ["", " ", "\0", "\"*-()^:'\\", "🎧", "!!!"])
def test_a_query_without_words_finds_nothing(put, find, typed):
    put(make_item(1, title="Canal"))

    assert find(typed) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300))
@example('"canal" AND (tolls OR')
@example("NEAR(canal tolls, 5)")
@example("title:canal -tolls canal* ^canal")
@example("canal & | ! <-> :* tolls'); DROP TABLE search_item; --")
@example("\ud800 \0 \x7f \u202e")
@example("運河 🎧 ½ ﷺ ſ İ")
@example("a" * 10_000)
def test_no_query_is_an_error(put, find, typed):
    put(make_item(1, title="The canal", inside=typed.encode(errors="ignore").decode().replace("\0", "")))

    assert find(typed) in ([], [1])

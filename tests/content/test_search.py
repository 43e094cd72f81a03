"""What of episodes and texts can be found, by whom; and how the index follows them. On both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from podcastsvc.catalogue.access import PUBLIC, Audience
from podcastsvc.catalogue.naming import Tag
from podcastsvc.content.search import following
from podcastsvc.content.search import texts as texts_module
from podcastsvc.content.search.finding import Looker, Mark, find
from podcastsvc.content.search.near import list_nearest
from podcastsvc.storage.search import read_query
from podcastsvc.storage.tables.search import SearchItem, SearchPassage
from tests.catalogue.folders import make_unique, write, write_episode
from tests.catalogue.recordings import make_mp3
from tests.catalogue.sites import NOW

MEMBER = Audience(frozenset({"members"}))
LEDGER = "The dues rose in spring. Pelin opened the vermilion ledger and counted every barge."
VTT = """WEBVTT

00:00.000 --> 00:04.000
{first}

00:45.000 --> 00:49.000
And nobody asked the harbour clerk.

01:20.000 --> 01:24.000
{last}
"""
CHAPTERS = """{{"version": "1.2.0", "chapters": [
  {{"startTime": 0, "title": "Welcome"}}, {{"startTime": 50, "title": "{title}"}}]}}
"""


def put_episode(site, name="canal", *, first=LEDGER, last="Goodbye.", chapter="The clerk", cuts=None, **head):
    """An episode of 90 seconds with transcript and chapters, or with the cuts that are named."""
    cuts = {"audio": 90} if cuts is None else cuts
    folder = write_episode(site.root, name, audio=make_sound(name, "audio", cuts.get("audio", 90)), **head)
    if "audio" not in cuts:
        (folder / "audio.mp3").unlink()
    for cut in cuts.keys() - {"audio"}:
        write(folder / f"{cut}.mp3", make_sound(name, cut, cuts[cut]))
    write(folder / "transcript.vtt", VTT.format(first=first, last=last))
    write(folder / "chapters.json", CHAPTERS.format(title=chapter))
    return folder


def make_sound(name, cut, seconds):
    return make_mp3(seconds, kbps=(32,), tags=make_unique(f"{name} {cut}"))


@pytest.fixture
def look(texts):
    """Scans, lets the index follow, and says what somebody finds."""

    def look(typed, audience=PUBLIC, *, language="en", now=NOW, **more):
        texts.scan_all()
        following.follow(texts.db)
        with texts.db.reading() as session:
            return find(session, read_query(typed), Looker(audience, language), now, **more)

    return look


def write_out(result):
    """The excerpts of a result, the words that were looked for in brackets."""
    return [
        (each.seconds, "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in each.pieces))
        for each in result.excerpts
    ]


# ---- episodes


def test_a_transcript_is_found_at_its_second(texts, look):
    put_episode(texts)

    (found,) = look("harbour clerks").results

    assert found.mark is Mark.NONE
    assert write_out(found) == [(45, "And nobody asked the [harbour] [clerk].")]


def test_chapters_are_found_at_their_beginning(texts, look):
    put_episode(texts, chapter="Vermilion ink")

    (found,) = look("ink vermilion").results

    assert write_out(found)[0] == (50, "[Vermilion] [ink]")


def test_notes_names_and_tags_are_found(texts, look):
    put_episode(
        texts,
        body="The *Añil* trade, in [letters](https://letters.example/).\n",
        people="[{name: Pelin Arslan, role: guest}]",
        tags="[Dyes]",
    )

    assert [text for _at, text in write_out(look("anil letters").results[0])] == ["The [Añil] trade, in [letters]."]
    assert [text for _at, text in write_out(look("arslan dyes").results[0])] == ["Pelin [Arslan] · [Dyes]"]


def test_words_may_stand_in_different_parts(texts, look):
    put_episode(texts, title="Why maps lie")

    assert look("maps vermilion").count == 1
    assert look("maps turquoise").count == 0


@pytest.mark.parametrize("said", ["pódcast", "podcast"])
@pytest.mark.parametrize("typed", ["pódcast", "PODCASTS"])
def test_accents_do_not_matter_either_way(texts, look, said, typed):
    put_episode(texts, first=f"Este es un {said} sobre mapas.", language="es")

    assert [text for _at, text in write_out(look(typed).results[0])] == [f"Este es un [{said}] sobre mapas."]


def test_of_two_transcripts_the_reader_s_is_shown(texts, look):
    folder = put_episode(texts, first="The canal, in English.")
    write(folder / "transcript.es.vtt", VTT.format(first="El canal, en español.", last="Adiós."))

    assert write_out(look("canal").results[0])[0][1] == "The [canal], in English."
    assert write_out(look("canal", language="es").results[0])[0][1] == "El [canal], en español."


def test_a_long_passage_is_cut_around_the_words(texts, look):
    put_episode(texts, first=f"{'Before that there was much to say. ' * 20}A vermilion ledger. {'And after. ' * 40}")

    ((_at, text),) = write_out(look("vermilion").results[0])

    assert "A [vermilion] ledger." in text
    assert text.startswith("…")
    assert text.endswith("…")
    assert len(text) < 260


@pytest.mark.parametrize(
    "head",
    [{"date": None}, {"date": "2027-01-01"}, {"expires": "2026-05-31"}, {"listed": "false"}],
    ids=["draft", "scheduled", "withdrawn", "unlisted"],
)
def test_what_is_in_no_list_is_not_found(texts, look, head):
    put_episode(texts, title="Vermilion", **head)

    for audience in (PUBLIC, MEMBER):
        found = look("vermilion", audience)
        assert (found.count, found.results, found.kinds) == (0, [], {})


def test_a_scheduled_episode_is_found_from_its_instant_on(texts, look):
    put_episode(texts, date="2026-06-02 06:00")

    assert look("vermilion").count == 0
    assert look("vermilion", now=NOW + timedelta(days=1)).count == 1


# ---- what is closed


def test_what_a_visitor_may_not_hear_is_a_mark_without_words_or_time(texts, look):
    put_episode(texts, access="members", chapter="Vermilion ink")

    (found,) = look("vermilion ledger").results

    assert found.mark is Mark.CLOSED
    assert found.excerpts == []


def test_a_member_sees_the_words(texts, look):
    put_episode(texts, access="members")

    (found,) = look("vermilion ledger", MEMBER).results

    assert found.mark is Mark.NONE
    assert write_out(found)[0][0] == 0
    assert "[vermilion] [ledger]" in write_out(found)[0][1]


def test_a_plan_without_the_episode_sees_the_mark(texts, look):
    put_episode(texts, access="[patrons]")

    assert look("vermilion", MEMBER).results[0].mark is Mark.CLOSED
    assert look("vermilion", Audience(frozenset({"patrons"}))).results[0].mark is Mark.NONE


def test_members_first_opens_by_itself(texts, look):
    put_episode(texts, access="members", public_from="2026-06-05")

    assert look("vermilion").results[0].mark is Mark.CLOSED
    assert look("vermilion", now=NOW + timedelta(days=10)).results[0].mark is Mark.NONE


def test_what_is_closed_answers_to_whole_words_only(texts, look):
    put_episode(texts, access="members")

    assert look("vermil").count == 0
    assert look("vermil", MEMBER).count == 1


def test_notes_of_a_closed_episode_are_open_as_on_its_page(texts, look):
    put_episode(texts, access="members", body="About turquoise.\n")

    (found,) = look("turq").results

    assert found.mark is Mark.NONE
    assert write_out(found) == [(None, "About [turquoise].")]


def test_a_preview_opens_no_words(texts, look):
    put_episode(texts, access="members", cuts={"members": 90, "preview": 60})

    (found,) = look("vermilion").results

    assert (found.mark, found.excerpts) == (Mark.CLOSED, [])


def test_the_members_part_of_an_extended_cut_is_a_mark(texts, look):
    put_episode(texts, last="The turquoise coda.", cuts={"audio": 60, "members": 90})

    (found,) = look("turquoise").results
    both = look("clerk turquoise").results[0]

    assert (found.mark, found.excerpts) == (Mark.PARTLY, [])
    assert both.mark is Mark.PARTLY
    assert "turquoise" not in str(write_out(both))
    assert look("turq").count == 0
    assert write_out(look("turq", MEMBER).results[0]) == [(80, "The [turquoise] coda.")]


def test_what_is_heard_by_all_of_an_extended_cut_is_no_mark(texts, look):
    put_episode(texts, cuts={"audio": 60, "members": 90})

    assert look("harbour clerk").results[0].mark is Mark.NONE


# ---- articles and other texts


def test_an_article_is_found_by_its_body(texts, look):
    texts.write("articles/ink.md", title="Ink", date="2026-05-30", body="The **vermilion** ledger.\n")

    (found,) = look("vermilion").results

    assert found.kind == "article"
    assert write_out(found) == [(None, "The [vermilion] ledger.")]


def test_the_body_of_a_members_article_is_a_mark_for_visitors(texts, look):
    texts.write(
        "articles/ink.md",
        title="Ink",
        date="2026-05-30",
        summary="On dyes",
        access="members",
        body="The vermilion ledger.\n",
    )

    visitors, members = look("vermilion").results[0], look("vermilion", MEMBER).results[0]

    assert (visitors.mark, visitors.excerpts) == (Mark.CLOSED, [])
    assert (members.mark, write_out(members)) == (Mark.NONE, [(None, "The [vermilion] ledger.")])
    assert look("vermil").count == 0
    assert look("dye").results[0].mark is Mark.NONE


def test_the_opening_of_a_members_article_is_open_as_on_its_page(texts, look):
    body = f"The turquoise opening. {'It is long enough to be one. ' * 12}\n\n{'More. ' * 90}\n\nThe vermilion end.\n"
    texts.write("articles/ink.md", title="Ink", date="2026-05-30", access="members", body=body)

    assert write_out(look("turq").results[0])[0][1].startswith("The [turquoise] opening.")
    assert look("vermilion").results[0].mark is Mark.CLOSED


def test_what_a_members_call_is_about_is_open_and_its_room_is_not(texts, look):
    texts.write(
        "calls/june.md",
        title="June",
        starts='"2026-06-09 19:00"',
        access="members",
        room="https://meet.example/vermilion",
        body="About turquoise.\n",
    )

    assert write_out(look("turq").results[0]) == [(None, "About [turquoise].")]
    assert look("vermilion", MEMBER).count == 0


def test_sponsors_and_reviews_of_a_page_are_found(texts, look):
    texts.write("pages/sponsors.md", title="Sponsors", sponsors="[{name: Vermilion Inks, text: By the barge.}]")
    texts.write("pages/reviews.md", title="Reviews", reviews="[{text: Turquoise and true., by: Finn}]")

    assert next(text for _at, text in write_out(look("vermilion barge").results[0])).endswith(
        "[Vermilion] Inks By the [barge]."
    )
    assert look("turquoise finn").count == 1


def test_a_person_for_members_only_is_found_by_nobody(texts, look):
    texts.write("people/pelin.md", title="Pelin Arslan", body="Historian of ink.\n")
    texts.write("people/quiet.md", title="Quiet Arslan", access="members")

    assert look("arslan", MEMBER).count == look("arslan").count == 1


def test_a_text_in_two_languages_is_one_result(texts, look):
    texts.write("articles/ink.md", title="Ink canal", date="2026-05-30", slug="ink", language="en")
    texts.write("articles/tinta.md", title="Tinta canal", date="2026-05-30", slug="ink", language="es")

    english, spanish = look("canal"), look("canal", language="es")

    assert english.count == spanish.count == 1
    assert english.results[0].ref_id == texts.get("articles/ink.md").id
    assert spanish.results[0].ref_id == texts.get("articles/tinta.md").id


def test_kinds_can_be_told_apart(texts, look):
    put_episode(texts, title="Canal")
    texts.write("articles/canal.md", title="The canal", date="2026-05-30")
    texts.write("pages/canals.md", title="Canals")

    assert look("canal").kinds == {"episode": 1, "article": 1, "page": 1}
    assert [each.kind for each in look("canal", kind="article").results] == ["article"]
    assert look("canal", kind="article").count == 1


# ---- following


def count(texts, table):
    with texts.db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_nothing_is_done_where_nothing_has_changed(texts, look):
    put_episode(texts)
    look("vermilion")

    assert following.follow(texts.db) == following.Followed(0, 0, is_done=True)


def test_the_index_follows_a_change(texts, look):
    folder = put_episode(texts)
    look("vermilion")

    write(folder / "transcript.vtt", VTT.format(first="The turquoise ledger.", last=""))

    assert look("vermilion").count == 0
    assert look("turquoise").count == 1


def test_words_that_were_taken_out_are_not_shown_while_the_index_is_behind(texts, look):
    folder = put_episode(texts)
    look("vermilion")

    write(folder / "transcript.vtt", VTT.format(first="The turquoise ledger.", last=""))
    texts.scan_all()

    with texts.db.reading() as session:
        (found,) = find(session, read_query("vermilion"), Looker(PUBLIC, "en"), NOW).results
    assert found.excerpts == []


def test_what_leaves_the_tree_leaves_the_index(texts, look):
    folder = put_episode(texts)
    put_episode(texts, "other")
    look("vermilion")

    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()

    assert look("vermilion").count == 1
    assert count(texts, SearchItem) == 1


def test_another_version_of_the_index_is_made_anew(texts, look, monkeypatch):
    put_episode(texts)
    look("vermilion")

    monkeypatch.setattr(following, "VERSION", "next")
    monkeypatch.setattr(texts_module, "VERSION", "next")

    assert following.follow(texts.db).indexed == 1
    assert following.follow(texts.db).indexed == 0


def test_a_rebuild_makes_everything_anew(texts, look):
    put_episode(texts)
    texts.write("articles/ink.md", title="Ink", date="2026-05-30")
    look("vermilion")
    before = count(texts, SearchPassage)

    assert following.rebuild(texts.db) == following.Followed(2, 0, is_done=True)
    assert count(texts, SearchPassage) == before


def test_work_that_takes_long_is_done_in_parts(texts):
    for number in range(12):
        write_episode(texts.root, f"episode-{number}")
    texts.scan_all()

    parts = [following.follow(texts.db, seconds=0) for _ in range(4)]

    assert [part.indexed for part in parts] == [5, 5, 2, 0]
    assert [part.is_done for part in parts] == [False, False, False, True]


def test_saving_a_text_and_dropping_one_has_the_index_follow(texts):
    path = texts.write("articles/ink.md", title="Ink", date="2026-05-30")
    texts.scan()
    saved = [job.kind for job in texts.list_jobs()].count(following.FOLLOW_JOB)

    path.unlink()
    texts.scan(now=NOW + timedelta(minutes=1))

    assert saved == 1
    assert [job.kind for job in texts.list_jobs()].count(following.FOLLOW_JOB) == 2


# ---- tags that are near


def list_near(typed, *names):
    tags = [Tag(slug=name.lower(), name=name) for name in names]
    return [tag.name for tag in list_nearest(tags, read_query(typed))]


def test_a_tag_that_begins_alike_is_near():
    assert list_near("empir", "Trade", "Bread", "Empire", "Ships")[0] == "Empire"


def test_a_tag_with_a_letter_wrong_is_near():
    assert list_near("hormus", "Trade", "Hormuz", "Ships")[0] == "Hormuz"


def test_accents_and_other_words_of_a_tag_do_not_hide_it():
    assert list_near("anil", "Trade", "Azul añil", "Ships")[0] == "Azul añil"


def test_three_tags_are_offered_at_most_the_commonest_where_none_is_near():
    assert list_near("xyz", "Trade", "Bread", "Empire", "Ships") == ["Trade", "Bread", "Empire"]
    assert list_near("xyz") == []

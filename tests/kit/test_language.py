"""Languages: choosing one, and days, times and numbers as people write them."""

import copy
import json
import pickle
from datetime import UTC, date, datetime, timedelta

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from podcastsvc.kit import language
from podcastsvc.kit.language import pack, sentence, unpack

FRIDAY = datetime(2026, 6, 5, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("en-GB, es;q=0.5", "en"),
        ("de, es;q=0.3, *;q=0.1", "es"),
        ("fr", "en"),
        ("en;q=0, es", "es"),
        ("es;q=0", "en"),
        ("es;q=nonsense,,;;=, \x00", "en"),
        ("," * 100_000 + "es", "en"),
    ],
)
def test_language_follows_the_browser(header, chosen):
    assert language.choose_language(header, ("en", "es")) == chosen


def test_first_offered_language_answers_a_browser_that_likes_none():
    assert language.choose_language("de", ("es", "en")) == "es"


def test_days_and_months_are_spelled_out():
    day = date(2027, 3, 14)

    assert language.format_day(day, "en") == "14 March 2027"
    assert language.format_day(day, "es") == "14 de marzo de 2027"
    assert language.format_day_short(day, "en") == "14 March"
    assert language.format_day_short(day, "es") == "14 de marzo"
    assert language.format_month(day, "en") == "March 2027"
    assert language.format_month(day, "es") == "marzo de 2027"


def test_instant_is_told_in_the_show_zone():
    assert language.format_instant(FRIDAY, "en", "Europe/Madrid") == "Friday 5 June 2026 at 06:00, Europe/Madrid"


def test_instant_of_this_year_needs_no_year():
    now = FRIDAY - timedelta(days=30)

    assert language.format_instant(FRIDAY, "en", "Europe/Madrid", now=now) == "Friday 5 June at 06:00, Europe/Madrid"


def test_year_is_the_one_of_the_show_zone():
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    told = language.format_instant(new_year, "en", "Europe/Madrid", now=FRIDAY)

    assert told == "Friday 1 January 2027 at 00:30, Europe/Madrid"


def test_lengths_and_numbers_follow_the_language():
    assert language.format_minutes(3134, "en") == "52 min"
    assert language.format_minutes(3134, "es") == "52 min"
    assert language.format_minutes(4, "en") == "1 min"
    assert language.format_length(60, "en") == "1 min"
    assert language.format_length(59, "en") == "59 sec"
    assert language.format_length(16.2, "es") == "16 s"
    assert language.format_number(10_000, "en") == "10,000"
    assert language.format_number(10_000, "es") == "10.000"


def test_past_instants_are_told_as_time_ago():
    now = FRIDAY + timedelta(hours=3)

    assert language.format_ago(FRIDAY, now, "en") == "3 hours ago"
    assert language.format_ago(FRIDAY, now, "es") == "hace 3 horas"
    assert language.format_ago(now, now, "en") == "1 second ago"


def test_languages_are_named_in_themselves():
    assert [language.name_language(code) for code in ("en", "es")] == ["English", "Español"]


@pytest.mark.parametrize("code", ["xx", "../../etc", "", "en_GB_too_long", "not a language"])
def test_unknown_language_speaks_english(code):
    assert language.gettext(code).gettext("Sign in") == "Sign in"
    assert language.format_day(FRIDAY, code) == "5 June 2026"


# ---- sentences that remember what fills them


@pytest.fixture
def spanish(monkeypatch, tmp_path):
    """A catalogue of Spanish with two texts."""
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = Catalog(locale="es")
    catalogue.add("%(file)s: %(problem)s", "En %(file)s: %(problem)s")
    catalogue.add("%(count)s of %(most)s lines are left out.", "Faltan %(count)s de %(most)s líneas.")
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    language.gettext.cache_clear()
    yield
    language.gettext.cache_clear()


def make_nested():
    inner = sentence("%(count)s of %(most)s lines are left out.", count=3, most=20_000)
    return sentence("%(file)s: %(problem)s", file="notes.md", problem=inner)


def test_a_sentence_is_its_english_text():
    said = make_nested()

    assert said == "notes.md: 3 of 20,000 lines are left out."
    assert json.loads(json.dumps({"said": said})) == {"said": "notes.md: 3 of 20,000 lines are left out."}
    assert f"{said:>3}" == str(said)


def test_a_sentence_is_said_in_another_language_with_what_stands_inside(spanish):
    assert language.translate(make_nested(), "es") == "En notes.md: Faltan 3 de 20.000 líneas."
    assert language.translate(make_nested(), "en") == make_nested()
    assert language.translate("", "es") == ""


@pytest.mark.parametrize("carry", [copy.deepcopy, lambda said: pickle.loads(pickle.dumps(said))])
def test_a_copy_of_a_sentence_remembers_as_much(spanish, carry):
    assert language.translate(carry(make_nested()), "es") == "En notes.md: Faltan 3 de 20.000 líneas."


def test_a_sentence_comes_back_from_json_as_it_was(spanish):
    packed = json.loads(json.dumps(pack(make_nested())))

    assert unpack(packed) == make_nested()
    assert language.translate(unpack(packed), "es") == "En notes.md: Faltan 3 de 20.000 líneas."
    assert unpack(json.loads(json.dumps(pack("Plain: 100 %")))) == "Plain: 100 %"


def test_a_text_that_fills_a_sentence_is_never_a_template():
    assert sentence("%(file)s: %(problem)s", file="100 %(x)s", problem="%d") == "100 %(x)s: %d"


@pytest.mark.parametrize(("percent", "english", "spanish"), [(20, "20%", "20 %"), (12.5, "12.5%", "12,5 %")])
def test_per_cent_is_written_as_each_language_writes_it(percent, english, spanish):
    assert language.format_percent(percent, "en") == english
    assert language.format_percent(percent, "es").replace("\xa0", " ") == spanish

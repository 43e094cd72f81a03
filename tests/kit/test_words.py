"""Words as a search compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.kit.words import compile_word, fold, list_spans, list_words, stem


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Pódcast", "podcast"),
        ("PODCAST", "podcast"),
        ("po\u0301dcast", "podcast"),
        ("Año", "ano"),
        ("Straße", "strasse"),
    ],
)
def test_accents_and_case_make_no_difference(typed, folded):
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("empire", "empires"),
        ("house", "houses"),
        ("country", "countries"),
        ("canal", "canals"),
        ("imperio", "imperios"),
        ("canción", "canciones"),
        ("país", "países"),
        ("nación", "naciones"),
    ],
)
def test_plurals_of_both_languages_are_one_word_with_the_singular(one, many):
    assert stem(fold(one)) == stem(fold(many))


@pytest.mark.parametrize(("one", "other"), [("notes", "not"), ("crisis", "cris"), ("bus", "bu"), ("glass", "glas")])
def test_different_words_stay_different(one, other):
    assert stem(one) != stem(other)


def test_signs_are_no_part_of_words():
    assert list_words("«The tolls» — don't, (1956) *NEAR* a_b 🎧\0!") == [
        "the",
        "tolls",
        "don",
        "t",
        "1956",
        "near",
        "a",
        "b",
    ]


def test_characters_of_unspaced_scripts_are_words():
    assert list_words("運河の話 canal") == ["運", "河", "の", "話", "canal"]


def test_spans_say_where_words_stand():
    text = "Un pódcast, dos."

    assert [(text[each.start : each.end], each.word) for each in list_spans(text)] == [
        ("Un", "un"),
        ("pódcast", "podcast"),
        ("dos", "dos"),
    ]


@given(st.text())
def test_any_text_has_words_of_letters_and_digits_only(text):
    for word in list_words(text):
        assert word
        assert all(each.isalnum() for each in word)
        assert stem(word)
        assert list_words(word)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_what_is_found_in_a_text_stands_in_its_spans(text):
    assert [span.word for span in list_spans(text)] == list_words(text)


@given(st.text(alphabet="abeisuy", min_size=1, max_size=7))
def test_a_word_is_found_by_every_other_of_its_stem(word):
    for other in (word, f"{word}s", f"{word}es", f"{word}e"):
        has_same_stem = stem(other) == stem(word)
        assert bool(compile_word(word).search(f"({other})")) is has_same_stem


def test_a_word_is_found_where_it_stands_alone_or_begins_another():
    assert compile_word("toll").search("the tolls, doubled")
    assert not compile_word("toll").search("atoll tollgate")
    assert compile_word("toll", is_beginning=True).search("a tollgate")
    assert not compile_word("toll", is_beginning=True).search("an atoll")
    assert compile_word("河").search("運河の話")

"""Every kind of page is valid HTML, as the Nu HTML Checker reads it."""

import pytest

from tests.gates import validity
from tests.gates.pages import (
    EPISODE,
    HOST,
    LATER,
    MEMBER,
    VISITOR,
    list_cases,
    open_for_business,
    pass_a_year,
    serve_sample,
)

FORMS = {"/join": "Continue to payment", "/gift": "Continue to payment", "/sign-in": "Send a code"}
"""Forms that are sent empty, and their buttons: pages with mistakes have a form of their own."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """What the server sends for every kind of page, by who asks and the address."""
    validity.need()
    site = serve_sample(tmp_path_factory.mktemp("validity"))
    people = open_for_business(site) | pass_a_year(site)
    bodies = {}
    for who, path in list_cases(visitor=(*VISITOR, f"{EPISODE}embed"), ben=MEMBER, ada=HOST) + list(LATER):
        for prefix in ("",) if who == "ada" else ("", "/es"):
            bodies[f"{who} {prefix}{path}"] = people[who].get(prefix + path).body
    for path, button in FORMS.items():
        bodies[f"mistake {path}"] = people["visitor"].send(people["visitor"].get(path), button).body
    site.kill()
    return bodies


def test_every_page_is_valid_html(pages, tmp_path):
    mistakes = validity.list_mistakes(pages, tmp_path)

    assert not mistakes, "\n".join(str(each) for each in mistakes)


def test_the_checker_finds_a_mistake(tmp_path):
    validity.need()
    page = b'<!doctype html><html lang="en"><title>Try</title><p id="a">One<p id="a">Two'

    (found,) = validity.list_mistakes({"try": page}, tmp_path)

    assert found.page == "try"
    assert "Duplicate ID" in found.message

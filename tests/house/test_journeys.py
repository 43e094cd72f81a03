"""Each journey through the site has tests in a browser that count its clicks, and they are there."""

import os
import re
from pathlib import Path

import pytest

from tests.house.journeys import ELSEWHERE, JOURNEYS
from tests.house.test_feed_rules import TESTS, list_tests

# The page that the numbers come from is not part of the project; where it lies, it is compared.
PAGE = "ui.md"


@pytest.mark.parametrize("number", JOURNEYS)
def test_each_journey_has_tests_that_exist_and_count(number):
    if number in ELSEWHERE and not JOURNEYS[number].tests:
        pytest.skip(f"journey {number} ({JOURNEYS[number].what}) is not walked: {ELSEWHERE[number]}")
    missing = []
    for node in JOURNEYS[number].tests:
        file, _, name = node.partition("::")
        if not (TESTS / file).is_file() or name not in list_tests(TESTS / file):
            missing.append(node)

    assert JOURNEYS[number].tests
    assert missing == []
    for file in {node.partition("::")[0] for node in JOURNEYS[number].tests}:
        assert "clicks" in (TESTS / file).read_text()


def test_the_journeys_are_those_of_the_page(shared_data):
    page = Path(os.environ.get("PODCASTSVC_TEST_PAGES", shared_data.parent / PAGE))
    if not page.is_file():
        pytest.skip(f"{page} is missing; name it with PODCASTSVC_TEST_PAGES")
    part = page.read_text().partition("## 5. Journeys")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines()]
    found = {cells[0]: cells[3].replace("–", "-") for cells in rows if re.fullmatch(r"\d+b?", cells[0])}

    assert found == {number: journey.clicks for number, journey in JOURNEYS.items()}

"""The operator's page names what the code uses."""

import re
from pathlib import Path

from podcastsvc.billing.calls.writing import NOTICE_TYPES

PAGE = (Path(__file__).parents[2] / "docs" / "operator.md").read_text(encoding="utf-8")


def test_page_names_exactly_the_notices_that_we_listen_to():
    sentence = PAGE.split("The webhook sends exactly these:")[1].split("\n\n")[0]

    assert re.findall(r"`([a-z_.]+)`", sentence) == list(NOTICE_TYPES)

"""Every page of the studio in a browser: no error, nothing foreign, nothing too wide, open to all."""

import pytest

from tests.gates.looking import Served, check_axe, check_manners
from tests.gates.pages import HOST, open_for_business, serve_sample

# One server and its browsers serve all of them.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("studio pages")]


@pytest.fixture(scope="module")
def sample(browser, tmp_path_factory):
    """The sample show with Ada at its studio, and Ben among its members."""
    site = serve_sample(tmp_path_factory.mktemp("studio"))
    served = Served(site, browser, open_for_business(site))
    yield served
    served.end()


@pytest.mark.parametrize("path", HOST)
def test_a_page_answers_quietly_and_fits_a_narrow_phone(sample, path):
    check_manners(sample, "ada", path)


@pytest.mark.parametrize("path", HOST)
def test_axe_finds_nothing(sample, path):
    check_axe(sample, "ada", path)

"""The macros: what they say to people who see the page and to people who hear it."""

from datetime import date
from types import SimpleNamespace

import pytest
from lxml import html


@pytest.fixture
def render(app):
    """Renders one expression with all macros at hand, and reads the markup."""
    imports = "".join(
        f'{{% import "macros/{name}.html" as {name} %}}' for name in ("parts", "forms", "listen", "lists", "studio")
    )

    def run(expression, **values):
        with app.test_request_context("/"):
            text = app.jinja_env.from_string(imports + expression).render(**values)
        return html.fragment_fromstring(text, create_parent="div")

    return run


def words(element):
    return " ".join(element.text_content().split())


def test_a_field_ties_its_label_hint_and_error_to_the_input(render):
    page = render('{{ forms.field("email", "E-mail address", hint="For receipts.", error="Type your address.") }}')

    input_ = page.get_element_by_id("email")
    described = [words(page.get_element_by_id(each)) for each in input_.get("aria-describedby").split()]

    assert page.xpath("string(//label[@for='email'])").strip() == "E-mail address"
    assert described == ["For receipts.", "Type your address."]
    assert input_.get("aria-invalid") == "true"


def test_a_field_without_error_is_not_marked(render):
    input_ = render('{{ forms.field("email", "E-mail address") }}').get_element_by_id("email")

    assert "aria-invalid" not in input_.attrib
    assert "aria-describedby" not in input_.attrib


def test_a_value_is_escaped_in_every_kind_of_field(render):
    hostile = '"><script>alert(1)</script></textarea>'

    page = render('{{ forms.field("a", "A", value=v) }}{{ forms.field("b", "B", value=v, rows=3) }}', v=hostile)

    assert page.get_element_by_id("a").get("value") == hostile
    assert page.get_element_by_id("b").text.lstrip("\n") == hostile
    assert page.xpath("//script") == []


def test_a_text_area_keeps_a_leading_line_feed(render):
    # HTML drops the first line feed of a text area, so one more is written.
    area = render('{{ forms.field("notes", "Notes", value=v, rows=3) }}', v="\nFirst")

    assert (area.get_element_by_id("notes").text or "").endswith("\nFirst")


def test_the_error_summary_links_to_each_field_with_the_same_words(render):
    page = render("{{ forms.error_summary(errors) }}", errors={"code": "That code is not right."})

    summary = page.get_element_by_id("problems")

    assert words(summary) == "There is a problem That code is not right."
    assert summary.xpath(".//a/@href") == ["#code"]
    assert "autofocus" in summary.attrib


def test_there_is_no_summary_without_errors(render):
    assert words(render("{{ forms.error_summary({}) }}")) == ""


def test_a_play_pill_is_named_by_title_and_length(render):
    page = render('{{ listen.play_pill("/e/?play=1", "Why maps lie", "52 min") }}')

    assert words(page.find(".//a")) == "Play Why maps lie, 52 min"


@pytest.mark.parametrize(
    ("access", "chip"),
    [("public", []), ("first", ["Members first · public 5 June"]), ("members", ["Members only"])],
)
def test_an_episode_row_says_who_hears_it(render, access, chip):
    row = '{{ listen.episode_row("Sanctions", "/e/", access=access, public_on=day) }}'

    page = render(row, access=access, day=date(2026, 6, 5))

    assert [words(each) for each in page.find_class("chip")] == chip


def test_the_player_without_javascript_is_an_audio_element_that_starts_at_the_time(render):
    page = render('{{ listen.player("/media/a.mp3", "guid-1", "Why maps lie", seconds=3134, start=754) }}')

    audio = page.find(".//audio")

    assert audio.get("src") == "/media/a.mp3#t=754"
    assert "controls" in audio.attrib
    assert audio.get("preload") == "none"
    assert audio.xpath("./a/@href") == ["/media/a.mp3"]


def test_chapter_and_transcript_times_are_links_and_valid_durations(render):
    rows = [SimpleNamespace(seconds=754, title="The ledger", speaker="Pelin", text="By the ton.")]

    page = render("{{ listen.chapter_list(rows) }}{{ listen.transcript(rows) }}", rows=rows)

    assert page.xpath("//a/@href") == ["?t=754#play", "?t=754#play"]
    assert page.xpath("//time/@datetime") == ["PT754S", "PT754S"]
    assert [words(time) for time in page.xpath("//time")] == ["12:34", "12:34"]


def test_the_chosen_plan_is_checked_and_a_plan_says_its_whole_price(render):
    plans = [
        SimpleNamespace(value="year", title="Yearly", summary="", price="€60", interval="a year"),
        SimpleNamespace(value="month", title="Monthly", summary="", price="€6", interval="a month"),
    ]

    page = render('{{ forms.plan_radios(plans, chosen="year") }}', plans=plans)

    assert page.xpath("//input[@checked]/@value") == ["year"]
    assert [words(label) for label in page.find_class("plan")] == ["Yearly €60 a year", "Monthly €6 a month"]


def test_a_table_has_a_caption_and_scopes(render):
    page = render(
        '{% call lists.table("Apps", [{"title": "App"}, {"title": "Count", "class": "number"}]) %}'
        '<tr><th scope="row">Overcast</th><td>9</td></tr>{% endcall %}'
    )

    assert words(page.find(".//caption")) == "Apps"
    assert page.xpath("//thead//th/@scope") == ["col", "col"]


def test_pages_of_a_list_are_linked_only_where_there_are_some(render):
    one = render("{{ lists.pagination(1, 1) }}")
    first = render('{{ lists.pagination(1, 3, next_href="?page=2") }}')

    assert one.xpath("//a") == []
    assert first.xpath("//a/@href") == ["?page=2"]
    assert "Page 1 of 3" in words(first)


def test_the_upload_works_as_a_plain_form_field(render):
    page = render("{{ studio.upload(max_bytes=500000000) }}")

    input_ = page.get_element_by_id("audio")

    assert (input_.get("type"), input_.get("name")) == ("file", "audio")
    assert "up to 500 MB" in words(page)


@pytest.mark.parametrize(
    ("limit", "shown"), [(2**30, "1 GB"), (3 * 2**30, "3 GB"), (2**30 - 2**20, "1023 MB"), (10**6, "1 MB")]
)
def test_a_limit_is_the_round_number_that_was_set(render, limit, shown):
    # It was shown as "1,074 MB", which is right and nobody's idea of a limit.
    page = render(
        "{{ studio.upload(max_bytes=limit) }}<form {{ studio.upload_attrs('/', limit) }}></form>", limit=limit
    )

    assert f"up to {shown}." in words(page)
    assert page.find(".//form").get("data-says-large") == f"The file must be smaller than {shown}."


def test_words_for_the_upload_script_keep_their_gaps(render):
    page = render('<form {{ studio.upload_attrs("/studio/uploads", 500000000) }}></form>')

    says = page.find(".//form").get("data-says")

    assert (
        says
        == "{percent}% · {done} of {all} MB · {left} left. You can keep writing, or close the tab and resume later."
    )

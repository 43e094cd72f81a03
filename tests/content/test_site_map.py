"""What of the host's texts menu and footer lead to."""

from podcastsvc.content.site_map import PagePlace, read_places
from tests.catalogue.sites import NOW


def read(texts):
    with texts.db.reading() as session:
        return read_places(session, NOW)


def test_pages_stand_in_the_order_that_they_name_and_those_without_come_last(texts):
    texts.write("pages/about.md", title="About", menu=2)
    texts.write("pages/about.es.md", title="Acerca de")
    texts.write("pages/faq.md", title="Questions", menu=1)
    texts.write("pages/hidden-way.md", title="By links alone")
    texts.scan()

    assert read(texts).pages == (
        PagePlace("/faq/", {"en": "Questions"}, 1),
        PagePlace("/about/", {"en": "About", "es": "Acerca de"}, 2),
        PagePlace("/hidden-way/", {"en": "By links alone"}, None),
    )


def test_only_what_is_out_and_listed_counts(texts):
    texts.write("articles/later.md", title="Later", date="2030-01-01")
    texts.write("articles/quiet.md", title="Quiet", date="2020-01-01", listed="false")
    texts.write("pages/begun.md", title="Begun", menu=1, draft="true")
    texts.scan()
    before = read(texts)
    texts.write("articles/out.md", title="Out", date="2020-01-01")
    texts.scan()

    assert (before.kinds, before.pages) == (frozenset(), ())
    assert read(texts).kinds == {"article"}

"""Hours as hosts write them, and the times that follow from them: pure rules, clock changes among them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcastsvc.billing.consulting.hours import Span, read_days, read_spans, write_days, write_spans
from podcastsvc.billing.consulting.offers import ConsultationOffer, Length, check_offer
from podcastsvc.billing.consulting.times import STEP, Taken, list_free
from podcastsvc.billing.consulting.wishes import list_zones, read_time, read_zone, write_time
from podcastsvc.errors import Invalid

MADRID = "Europe/Madrid"
MONDAY = datetime(2026, 6, 1, 6, tzinfo=UTC)


def offer(**changes):
    values = {"weekly": {0: read_spans("16:00-19:00")}, "notice_hours": 0, "ahead_days": 6, "pause_minutes": 0}
    return ConsultationOffer(**{"is_open": True, "lengths": (Length(60, 8000),), **values, **changes})


def clocks(times, zone=MADRID):
    return [f"{at.astimezone(ZoneInfo(zone)):%H:%M}" for at in times]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("16:00-19:00", ((960, 1140),)),
        ("20-21:30, 9:00 – 10", ((540, 600), (1200, 1290))),
        ("00:00-24:00", ((0, 1440),)),
    ],
)
def test_hours_are_read_as_people_write_them(text, spans):
    found = read_spans(text)

    assert found == tuple(Span(*each) for each in spans)
    assert read_spans(write_spans(found)) == found


@pytest.mark.parametrize(
    "text", ["16", "19:00-16:00", "16:00-16:00", "25-26", "9:75-10", "a-b", "٩-١٠", "1-2-3", "23-24:30"]
)
def test_what_is_no_hours_is_refused(text):
    with pytest.raises(Invalid, match="such as 16:00-19:00"):
        read_spans(text)


def test_hours_that_overlap_are_refused():
    with pytest.raises(Invalid, match="overlap"):
        read_spans("9-11, 10-12")


def test_days_that_differ_are_read_line_by_line():
    found = read_days("2026-12-28 10:00-12:00\n\n2026-12-24\n")

    assert found == {date(2026, 12, 24): (), date(2026, 12, 28): (Span(600, 720),)}
    assert read_days(write_days(found)) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-12-24\nChristmas", "Line 2 begins with no day"),
        ("2026-12-24\n2026-12-24", "Line 2 names a day for the second time"),
        ("2026-12-24 ten to twelve", "Line 1: Write hours"),
        ("\n".join(f"{date(2026, 1, 1) + timedelta(days=n)}" for n in range(201)), "at most 200 days"),
    ],
)
def test_a_line_that_is_no_day_is_named(text, said):
    with pytest.raises(Invalid, match=said):
        read_days(text)


def test_each_half_hour_is_offered_as_long_as_it_ends_within_the_hours():
    assert clocks(list_free(offer(), [], 60, MADRID, MONDAY)) == ["16:00", "16:30", "17:00", "17:30", "18:00"]
    assert clocks(list_free(offer(), [], 180, MADRID, MONDAY)) == ["16:00"]
    assert list_free(offer(), [], 181, MADRID, MONDAY) == []


def test_a_pause_lies_between_two():
    taken = [Taken(datetime(2026, 6, 1, 15, tzinfo=UTC), datetime(2026, 6, 1, 16, tzinfo=UTC))]

    assert clocks(list_free(offer(), taken, 30, MADRID, MONDAY)) == ["16:00", "16:30", "18:00", "18:30"]
    assert clocks(list_free(offer(pause_minutes=15), taken, 30, MADRID, MONDAY)) == ["16:00", "18:30"]


def test_notice_days_ahead_and_the_most_on_one_day_are_kept():
    taken = [Taken(datetime(2026, 6, 1, 14, tzinfo=UTC), datetime(2026, 6, 1, 14, 30, tzinfo=UTC))]

    assert clocks(list_free(offer(notice_hours=9), [], 60, MADRID, MONDAY)) == ["17:00", "17:30", "18:00"]
    assert len(list_free(offer(ahead_days=7), [], 60, MADRID, MONDAY)) == 10
    assert list_free(offer(most_a_day=1), taken, 60, MADRID, MONDAY) == []


def test_days_that_differ_stand_in_for_their_weekday():
    off = offer(days={date(2026, 6, 1): ()})
    other = offer(days={date(2026, 6, 1): read_spans("10-11"), date(2026, 6, 3): read_spans("12-13")})

    assert list_free(off, [], 60, MADRID, MONDAY) == []
    assert clocks(list_free(other, [], 60, MADRID, MONDAY)) == ["10:00", "12:00"]


def test_a_night_that_loses_an_hour_offers_only_real_hours():
    """On 29 March 2026 Madrid's clocks go from 02:00 to 03:00."""
    found = list_free(
        offer(weekly={6: read_spans("01:00-04:00")}), [], 60, MADRID, datetime(2026, 3, 28, 12, tzinfo=UTC)
    )

    assert clocks(found) == ["01:00", "01:30", "03:00"]
    assert found == [datetime(2026, 3, 29, hour, minute, tzinfo=UTC) for hour, minute in ((0, 0), (0, 30), (1, 0))]


def test_a_night_that_has_an_hour_twice_offers_each_instant_once():
    """On 25 October 2026 Madrid's clocks go from 03:00 back to 02:00."""
    found = list_free(
        offer(weekly={6: read_spans("01:00-04:00")}), [], 60, MADRID, datetime(2026, 10, 24, 12, tzinfo=UTC)
    )

    assert clocks(found) == ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    assert len(set(found)) == 7


SPANS = st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(
    lambda quarters: [
        Span(start * 15, end * 15) for start, end in zip(sorted(quarters)[::2], sorted(quarters)[1::2], strict=False)
    ]
)


@given(
    weekly=st.dictionaries(st.integers(0, 6), SPANS.map(tuple), max_size=7),
    zone=st.sampled_from([MADRID, "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]),
    minutes=st.integers(10, 240),
    pause=st.integers(0, 90),
    notice=st.integers(0, 72),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    spans=st.lists(st.tuples(st.integers(-48, 480), st.integers(1, 240)), max_size=8),
)
def test_a_free_time_lies_in_the_hours_meets_nothing_and_keeps_the_notice(
    weekly, zone, minutes, pause, notice, start, spans
):
    now = start.replace(tzinfo=UTC, second=0, microsecond=0)
    taken = [
        Taken(now + timedelta(hours=hours), now + timedelta(hours=hours, minutes=length)) for hours, length in spans
    ]
    chosen = offer(weekly=weekly, pause_minutes=pause, notice_hours=notice, ahead_days=14)

    found = list_free(chosen, taken, minutes, zone, now)

    length, gap, place = timedelta(minutes=minutes), timedelta(minutes=pause), ZoneInfo(zone)
    assert found == sorted(set(found))
    for at in found:
        assert at >= now + timedelta(hours=notice)
        assert all(at + length + gap <= each.starts_at or at >= each.ends_at + gap for each in taken)
        local = at.astimezone(place)
        begins = local.hour * 60 + local.minute
        # On the night of a clock change the wall clock alone does not tell; there the instants were looked at above.
        if (
            local.utcoffset()
            == (at + length).astimezone(place).utcoffset()
            == (at - STEP * 48).astimezone(place).utcoffset()
        ):
            assert any(span.start <= begins and begins + minutes <= span.end for span in weekly[local.weekday()])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lengths": ()}, "lengths"),
        ({"lengths": (Length(5, 100),)}, "lengths"),
        ({"lengths": (Length(30, 0),)}, "lengths"),
        ({"lengths": (Length(30, 100), Length(30, 200))}, "lengths"),
        ({"lengths": tuple(Length(30 + at, 100) for at in range(7))}, "lengths"),
        ({"weekly": {}}, "weekly_0"),
        ({"room_url": ""}, "room_url"),
        ({"room_url": "http://meet.example/ada"}, "room_url"),
        ({"room_url": "javascript:alert(1)"}, "room_url"),
        ({"room_url": "https://ada:secret@meet.example/"}, "room_url"),
        ({"currency": "EURO"}, "currency"),
    ],
)
def test_an_offer_that_cannot_be_sold_is_refused_by_its_field(changes, field):
    with pytest.raises(Invalid) as refusal:
        check_offer(offer(**{"room_url": "https://meet.example/ada", **changes}))

    assert field in refusal.value.fields


def test_an_offer_that_is_closed_may_be_incomplete():
    check_offer(ConsultationOffer())


def test_a_form_s_time_is_read_as_it_was_written_and_no_other_way():
    at = datetime(2026, 6, 1, 14, 30, tzinfo=UTC)

    assert write_time(at) == "2026-06-01T14:30Z"
    assert read_time(write_time(at)) == at
    assert [read_time(typed) for typed in ("", "2026-06-01", "2026-6-1T14:30Z", "2026-06-01T14:30Z ", "x" * 99)] == [
        None
    ] * 5


def test_zones_are_those_that_we_know():
    assert read_zone("Asia/Tokyo", MADRID) == "Asia/Tokyo"
    assert [read_zone(typed, MADRID) for typed in ("", "../../etc/passwd", "Mars/Olympus", "Etc/GMT+3")] == [MADRID] * 4
    assert {"UTC", MADRID, "America/New_York"} <= set(list_zones())

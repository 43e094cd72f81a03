"""Each journey through the site, the clicks or taps that it may take, and the tests in a browser that count them.

The numbers are those of the project's page about its pages. Node ids leave out the folder ``tests`` and what stands in
brackets behind a name. Taps outside a browser (on a letter's link, in an app) are added by the test where they are due.
"""

from dataclasses import dataclass

_JOIN = "flows/test_join_in_browser.py::test_"
_PAY = "flows/test_paying_in_browser.py::test_"
_GIFT = "flows/test_gift_in_browser.py::test_"
_PUBLISH = "flows/test_publish_in_browser.py::test_"


@dataclass(frozen=True, slots=True)
class Journey:
    """``clicks`` as the page says them; ``tests`` is empty only for what ``ELSEWHERE`` names."""

    what: str
    clicks: str
    tests: tuple[str, ...] = ()


JOURNEYS = {
    "1": Journey(
        "a new visitor becomes a member who listens in their own app, on a phone",
        "5",
        (f"{_JOIN}a_visitor_joins_and_the_member_link_plays_in_five_clicks",),
    ),
    "1b": Journey(
        "the same on a computer, with the phone's camera",
        "6",
        (f"{_JOIN}on_a_computer_the_code_on_the_screen_leads_the_phone_to_its_app_in_six_clicks",),
    ),
    "2": Journey(
        "the host publishes an audio file",
        "1-3",
        (
            f"{_PUBLISH}a_file_dropped_anywhere_in_the_studio_is_out_after_one_click",
            f"{_PUBLISH}a_chosen_file_is_out_after_three_clicks",
        ),
    ),
    "3": Journey("who cannot sign in gets a code", "2", (f"{_PAY}a_code_signs_in_after_two_clicks",)),
    "4": Journey(
        "a failed card is mended",
        "2",
        (
            f"{_PAY}a_failed_card_is_mended_in_two_clicks",
            f"{_PAY}a_letter_s_link_needs_no_sign_in_and_ends_on_a_page_that_says_thanks",
        ),
    ),
    "5": Journey("a gift", "3 + 2", (f"{_GIFT}giver_clicks_three_times_and_the_recipient_twice",)),
    "6": Journey(
        "a member leaves, and stays after all",
        "2, undo 1",
        (f"{_JOIN}a_member_leaves_in_two_clicks_and_stays_after_all_in_one",),
    ),
    "7": Journey(
        "another app, a new link",
        "1 / 2",
        (f"{_JOIN}a_member_changes_the_app_in_one_click_and_the_link_in_two",),
    ),
    "8": Journey("a show is imported", "3"),
    "9": Journey("an episode at a set time", "2", (f"{_PUBLISH}an_episode_is_scheduled_with_two_clicks",)),
    "10": Journey("members hear it first", "2", (f"{_PUBLISH}members_hear_it_first_after_two_clicks",)),
    "11": Journey("the newsletter", "2 / 3"),
    "12": Journey(
        "a consultation is booked and paid for",
        "4",
        (f"{_PAY}a_consultation_takes_four_clicks_and_comes_with_its_room_and_calendar",),
    ),
}
"""Every journey there is, in the order of the page."""

ELSEWHERE = {
    "8": "the studio's pages for moving a show in belong to the work on importing, which is done apart from the site",
    "11": "the newsletter belongs to the work on letters to many, which is done apart from the site",
}
"""What is left of them, with the reason."""

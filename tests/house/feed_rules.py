"""Each numbered rule about feeds and media, with the tests that fail where it is broken.

The numbers are those of the project's page about what apps see: sections 1 to 13. One that is kept in part has
the reason in ``PARTLY``. Node ids leave out the folder ``tests`` and what stands in brackets behind a name.
"""

_BUILD = "feeds/test_build.py::test_"
_SELECT = "feeds/test_select.py::test_"
_STATES = "web/apps/test_feed_states.py::test_"
_TABLE = "web/apps/test_states_of_membership.py::test_"
_ANSWERS = "web/apps/test_feed_answers.py::test_"
_FEEDS = "web/apps/test_feeds.py::test_"
_PACE = "web/apps/test_feed_pace.py::test_"
_AUDIO = "web/apps/test_audio.py::test_"
_ACCESS = "web/apps/test_audio_access.py::test_"
_STORE = "web/apps/test_object_store.py::test_"
_RANDOM = "web/apps/test_headers_at_random.py::test_"
_NEARLY = "web/apps/test_strange_addresses.py::test_"
_SECRETS = "web/apps/test_secrets_stay.py::test_"
_FOLDER = "web/apps/test_folder_to_feed.py::test_"
_BESIDE = "web/apps/test_beside.py::test_"
_COUNTED = "web/apps/test_audio_counting.py::test_"
_QUICK = "web/apps/test_quick.py::test_"
_NOTES = "feeds/test_notes.py::test_"
_NOTICES = "feeds/test_notices.py::test_"
_OWN_NOTICES = "web/apps/test_notice_audio.py::test_"
_SPOKEN_BY_HOSTS = "catalogue/test_scan_notices.py::test_"
_RENDERING = "feeds/test_rendering.py::test_"
_RENDERER = "feeds/test_renderer.py::test_"
_KEEPING = "feeds/test_keeping.py::test_"
_TOLD = "feeds/test_announcing.py::test_"
_CHECKED = "feeds/test_checking.py::test_"
_EXAMINED = "feeds/test_examining.py::test_"
_RANGES = "kit/test_ranges.py::test_"
_GZIP = "kit/test_gapped_gzip.py::test_"
_TOKENS = "members/test_feed_tokens.py::test_"
_OPENING = "members/test_opening.py::test_"
_APPS = "members/test_apps.py::test_"
_USE = "members/test_link_use.py::test_"
_SHOW = "catalogue/test_show.py::test_"
_SCAN = "catalogue/test_scan.py::test_"
_PARTS = "catalogue/test_scan_parts.py::test_"
_MOVES = "catalogue/test_scan_moves.py::test_"
_MISTAKES = "catalogue/test_scan_mistakes.py::test_"
_ARTWORK = "catalogue/test_artwork.py::test_"
_CHAPTERS = "catalogue/test_chapters.py::test_"
_SPOKEN = "catalogue/test_transcripts.py::test_"
_SOUND = "catalogue/test_audio.py::test_"
_COUNTING = "stats/test_counting.py::test_"
_HITS = "stats/test_hits.py::test_"
_AGENTS = "stats/test_agents.py::test_"
_BATCH = "kit/test_batch.py::test_"
_LISTENING = "flows/test_listening.py::test_"
_WALK = "flows/test_episode_walk.py::test_"
_REAL = "flows/test_real_apps.py::test_"
_WATCHED = "web/test_watching.py::test_"
_MOVING_IN = "flows/test_moving_in.py::test_"
_MOVED_IN = "importing/test_feed.py::test_"
_NGINX = "flows/test_nginx.py::test_"

NUMBERS = tuple(
    """
    A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11
    X1 X2 X3 X4 X5 X6 X7 X8 X9 X10 X11 X12
    3.1 3.2 P1 P2 P3 P4 P5 3.3 3.4
    G1 G2 G3 G4 G5 G6
    5.1 5.2 5.3 5.4 5.5 5.6
    6.1 6.2 6.3 S1 S2 S3 S4 S5 S6 S7 6.4 H1 H2 H3
    F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15
    M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13
    8.1 C1 C2 C3 C4
    N1 9.1
    D1 D2 D3 D4 D5 D6 D7 D8 D9 D10
    U1 U2 U3 U4 U5
    B1 B2 B3 B4 B5 B6 B7 B8 B9 B10
    T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16 T17
    """.split()
)
"""Every rule there is, in the order of the page."""

PARTLY = {
    "6.3": (
        'its state "tier without this feed" cannot occur, since plans know no shows: each member has every show\'s feed, '
        "without the episodes that their plan does not hold"
    ),
    "C2": (
        "chapters are not written into the audio files, which the rule advises: a host's files are never changed; apps "
        "read them from the feed and from the file beside it"
    ),
}
"""Rules of which a part is not done, each with what that is and why; the rest has tests in ``RULES``."""

RULES: dict[str, tuple[str, ...]] = {
    # ---- 1 Addresses
    "A1": (f"{_NEARLY}a1_a_token_in_the_query_opens_nothing", f"{_TOKENS}paths_begin_with_the_one_prefix"),
    "A2": (f"{_TOKENS}secrets_have_the_form_of_tokens", f"{_FEEDS}a2_a_token_is_taken_in_any_case_and_written_in_lower_case"),
    "A3": (
        f"{_TOKENS}paths_begin_with_the_one_prefix",
        f"{_BUILD}a4_the_feed_token_stands_in_the_feeds_own_address_and_the_listen_token_in_the_others",
    ),
    "A4": (
        f"{_NEARLY}a4_a_token_of_the_other_kind_opens_nothing",
        f"{_OPENING}a4_each_secret_opens_its_own_place_only",
        f"{_TOKENS}replacing_gives_two_new_secrets_and_keeps_the_label",
        f"{_BUILD}a4_the_feed_token_stands_in_the_feeds_own_address_and_the_listen_token_in_the_others",
    ),
    "A5": (
        f"{_FOLDER}a5_a6_audio_keeps_its_address_whatever_else_changes",
        f"{_FOLDER}a5_names_are_short_plain_and_of_one_episode_only",
        f"{_MOVES}renamed_folder_keeps_guid_audio_address_and_old_page_address",
    ),
    "A6": (f"{_FOLDER}a5_a6_audio_keeps_its_address_whatever_else_changes",),
    "A7": (
        f"{_FOLDER}a7_new_audio_has_a_new_address_and_the_old_guid",
        f"{_ACCESS}a7_old_audio_stays_for_a_week_and_then_leads_to_the_new",
        f"{_MOVES}new_sound_gets_a_new_address_and_the_old_one_stays_known",
        f"{_SPOKEN_BY_HOSTS}a7_another_notice_has_another_name_and_the_one_before_stays_for_a_while",
        f"{_OWN_NOTICES}a7_an_old_notice_is_heard_for_a_week_and_then_leads_to_the_present_one",
    ),
    "A8": (
        f"{_NEARLY}a8_f12_another_host_is_sent_to_the_same_path_without_a_page_on_the_way",
        "web/test_gates.py::test_another_host_is_sent_to_the_canonical_one_a8",
    ),
    "A9": (f"{_STATES}a9_credentials_are_treated_as_if_they_were_not_there",),
    "A10": (
        f"{_SECRETS}a10_a_copy_of_the_database_and_the_cache_holds_no_token",
        f"{_TOKENS}copy_of_the_database_holds_no_secret",
        f"{_KEEPING}secrets_are_in_no_file",
    ),
    "A11": (
        f"{_SECRETS}t8_a11_no_token_in_what_is_logged_of_any_answer_or_of_a_failure",
        f"{_NGINX}a11_the_log_holds_six_characters_of_a_token_at_most",
    ),
    # ---- 2 The XML document
    "X1": (f"{_BUILD}x1_x2_the_document_begins_with_the_declaration_and_names_all_five_namespaces",),
    "X2": (f"{_BUILD}x1_x2_the_document_begins_with_the_declaration_and_names_all_five_namespaces",),
    "X3": (
        f"{_BUILD}t10_hostile_texts_leave_the_feed_well_formed_and_within_its_limits",
        f"{_MISTAKES}control_characters_in_titles_and_tags_reach_no_database",
    ),
    "X4": (f"{_BUILD}t10_titles_keep_their_angle_brackets_as_guillemets", f"{_FOLDER}t10_no_title_and_no_notes_break_the_feed"),
    "X5": (f"{_BUILD}x5_html_stands_in_cdata", f"{_BUILD}x5_the_end_of_cdata_in_the_text_is_split"),
    "X6": (
        f"{_NOTES}x6_scripts_go_with_their_content_and_other_tags_leave_their_text",
        f"{_NOTES}x6_only_href_with_a_harmless_scheme_is_kept",
        f"{_NOTES}x6_links_are_made_absolute_or_dropped",
        f"{_NOTES}x6_an_image_becomes_a_link_with_its_text",
        f"{_NOTES}x6_x7_any_notes_end_balanced_allowed_and_within_their_limits",
    ),
    "X7": (
        f"{_NOTES}x6_x7_any_notes_end_balanced_allowed_and_within_their_limits",
        f"{_NOTES}x7_long_notes_are_cut_after_a_whole_element",
        f"{_NOTES}x7_content_is_cut_at_100_000_bytes",
        f"{_BUILD}x7_podcast_texts_are_cut_at_128_and_numbers_outside_their_range_are_left_out",
        f"{_SHOW}a_mistake_is_named_with_its_line_and_leaves_the_rest_alone",
        f"{_MISTAKES}x7_notes_that_feeds_cannot_carry_whole_are_advised_upon",
    ),
    "X8": (f"{_BUILD}x8_dates_are_english_and_utc_whatever_the_zone",),
    "X9": (
        f"{_RENDERING}x9_the_same_feed_gives_the_same_bytes",
        f"{_SELECT}x9_the_build_date_is_the_last_change_or_the_last_instant_that_passed",
        f"{_STATES}x9_the_feed_says_when_it_changed_last_by_a_notice_or_by_an_episode",
    ),
    "X10": (
        f"{_BUILD}x10_x11_languages_durations_and_truth_are_written_as_apps_expect",
        f"{_SHOW}a_mistake_is_named_with_its_line_and_leaves_the_rest_alone",
    ),
    "X11": (
        f"{_BUILD}x10_x11_languages_durations_and_truth_are_written_as_apps_expect",
        f"{_SOUND}shortest_sound_lasts_one_second_in_feeds",
    ),
    "X12": (f"{_BUILD}x12_elements_stand_in_the_order_of_the_tables", f"{_BUILD}g1_an_imported_guid_keeps_every_byte"),
    # ---- 3 The public feed
    "3.1": (
        f"{_BUILD}t1_the_sample_feed_is_rebuilt_element_by_element",
        f"{_BUILD}x12_elements_stand_in_the_order_of_the_tables",
        f"{_BUILD}copyright_is_the_owners_name_alone",
        f"{_BUILD}3_1_what_apps_no_longer_read_is_not_written",
        f"{_CHECKED}a_broken_rule_about_the_whole_is_named",
        f"{_FOLDER}t4_the_tag_changes_whenever_anything_that_is_shown_does",
    ),
    "3.2": (
        f"{_BUILD}t1_the_sample_feed_is_rebuilt_element_by_element",
        f"{_BUILD}x12_elements_stand_in_the_order_of_the_tables",
        f"{_SELECT}a_preview_begins_with_the_word_of_the_feeds_language",
        f"{_SELECT}an_episodes_people_are_listed_with_the_hosts",
        f"{_CHECKED}a_broken_rule_about_an_episode_names_the_episode",
        f"{_CHECKED}a_serial_show_needs_numbers",
    ),
    "P1": (f"{_SELECT}p1_p2_only_what_has_come_out_and_has_audio_stands_in_a_feed",),
    "P2": (
        f"{_SELECT}p1_p2_only_what_has_come_out_and_has_audio_stands_in_a_feed",
        f"{_ANSWERS}t15_a_scheduled_episode_appears_with_a_new_tag_and_no_write",
    ),
    "P3": (
        f"{_SELECT}p3_members_episodes_are_a_preview_or_nothing_for_the_public",
        f"{_SELECT}p3_p4_members_first_turns_from_preview_to_full_with_the_public_date",
    ),
    "P4": (f"{_SELECT}p3_p4_members_first_turns_from_preview_to_full_with_the_public_date",),
    "P5": (f"{_SECRETS}6_2_p5_no_feed_says_who_its_members_are",),
    "3.3": (
        f"{_SELECT}3_3_the_membership_page_comes_first_in_the_hosts_words_and_then_the_donation_page",
        f"{_SELECT}3_3_the_words_have_defaults",
    ),
    "3.4": (
        f"{_ARTWORK}picture_is_drawn_anew_with_renditions",
        f"{_ARTWORK}what_is_no_artwork_is_refused_with_what_to_do",
        f"{_ARTWORK}photograph_sent_as_png_becomes_a_jpeg_of_bearable_size",
        f"{_ARTWORK}large_picture_is_made_smaller",
        f"{_ARTWORK}every_kind_of_png_becomes_rgb",
        f"{_PARTS}new_cover_has_a_new_address",
    ),
    # ---- 4 Identity
    "G1": (
        f"{_SCAN}guid_is_written_once_and_every_other_byte_kept",
        f"{_MOVES}renamed_folder_keeps_guid_audio_address_and_old_page_address",
        f"{_FOLDER}a7_new_audio_has_a_new_address_and_the_old_guid",
        f"{_BUILD}g1_an_imported_guid_keeps_every_byte",
    ),
    "G2": (f"{_SELECT}g2_g3_the_preview_has_its_own_guid_and_the_full_episode_one_everywhere",),
    "G3": (f"{_SELECT}g2_g3_the_preview_has_its_own_guid_and_the_full_episode_one_everywhere",),
    "G4": (
        f"{_BUILD}tx4_an_item_that_cannot_stand_is_left_out_and_named",
        f"{_MISTAKES}of_two_folders_with_one_guid_the_first_by_name_has_it",
        f"{_NOTICES}g4_a_membership_that_ends_again_gets_another_guid",
        f"{_STATES}g4_a_membership_that_ends_a_second_time_has_another_notice",
        f"{_STATES}g4_each_pause_is_a_new_notice_with_its_own_date",
    ),
    "G5": (
        f"{_SELECT}g5_items_of_one_title_and_day_are_told_apart",
        f"{_SELECT}g5_both_titles_are_told_apart_whatever_stands_beside_them",
        f"{_SELECT}plans_get_what_names_them_and_g5_never_the_preview_beside_it",
    ),
    "G6": (
        f"{_SHOW}a_shows_guid_follows_the_published_vectors_g6",
        f"{_PARTS}guid_of_the_show_follows_its_first_public_address_and_stays",
    ),
    # ---- 5 Which items, how many
    "5.1": (f"{_SELECT}5_1_newest_first_and_equal_dates_by_guid",),
    "5.2": (f"{_FEEDS}t14_feeds_of_any_length_have_notes_links_and_a_bearable_size",),
    "5.3": (f"{_FEEDS}t14_feeds_of_any_length_have_notes_links_and_a_bearable_size",),
    "5.4": (
        f"{_FEEDS}t14_feeds_of_any_length_have_notes_links_and_a_bearable_size",
        f"{_SELECT}t14_pages_links_and_full_notes",
        f"{_SELECT}5_4_links_to_pages_of_a_member_feed_carry_the_token",
        f"{_EXAMINED}it_says_when_paging_is_near_and_when_it_has_started_5_4",
    ),
    "5.5": (
        f"{_SELECT}5_4_5_5_a_page_ends_before_four_megabytes",
        f"{_SELECT}5_5_no_page_is_too_large_whatever_its_items_are_made_of",
    ),
    "5.6": (
        "web/studio/test_editing.py::test_5_6_an_episode_that_comes_out_at_an_older_date_is_told_of",
        "web/studio/test_editing.py::test_5_6_only_a_date_that_was_changed_is_told_of",
    ),
    # ---- 6 The member feed
    "6.1": (
        f"{_BUILD}t1_the_sample_feed_is_rebuilt_element_by_element",
        f"{_SELECT}t9_a_member_feed_leaves_out_what_directories_look_for",
        f"{_SELECT}t9_what_a_member_feed_leaves_out_stands_in_the_public_one_beside_it",
        f"{_SELECT}6_1_every_item_of_a_member_feed_has_private_audio_and_public_pages",
        f"{_SELECT}6_1_the_last_sentence_stands_there_however_long_the_description_is",
        f"{_FEEDS}a_member_feed_holds_all_and_every_address_in_it_is_the_members",
    ),
    "6.2": (f"{_SECRETS}6_2_p5_no_feed_says_who_its_members_are",),
    "6.3": (
        f"{_TABLE}t6_each_state_on_feed_and_audio",
        f"{_TABLE}t6_an_unknown_or_malformed_token_on_feed_and_audio",
        f"{_TABLE}t6_a_plan_without_this_episode_has_a_full_feed_without_it",
    ),
    "S1": (
        f"{_STATES}t6_an_ended_membership_has_a_notice_and_what_is_public",
        f"{_SELECT}s1_an_ended_feed_has_the_notice_first_and_then_what_the_public_hears",
        f"{_NOTICES}s1_each_notice_says_when_and_links_the_page_that_helps",
    ),
    "S2": (
        f"{_NOTICES}s2_the_audio_is_long_enough_for_every_app_and_its_length_is_right",
        f"{_SPOKEN_BY_HOSTS}s2_a_hosts_own_notice_lies_in_the_media_store_under_a_name_of_its_content",
        f"{_SPOKEN_BY_HOSTS}s2_each_language_may_have_its_own_and_the_nearest_speaks",
        f"{_SPOKEN_BY_HOSTS}s2_what_apps_would_refuse_is_refused_by_name_and_the_one_before_stays",
        f"{_OWN_NOTICES}s2_an_ended_feed_has_the_hosts_own_notice_with_its_length",
        f"{_OWN_NOTICES}s2_the_feed_changes_with_the_notice_and_goes_back_to_ours_without_one",
        f"{_OWN_NOTICES}s2_a_notice_speaks_the_shows_language_or_is_ours",
    ),
    "S3": (
        f"{_TABLE}t6_each_state_on_feed_and_audio",
        f"{_NEARLY}s3_m11_what_is_nearly_an_address_is_one_plain_line_and_never_a_page",
        f"{_NEARLY}s3_no_old_address_of_a_page_lies_where_apps_ask",
        f"{_NEARLY}f12_a_slash_too_many_leads_to_the_same_feed_without_a_page_on_the_way",
    ),
    "S4": (
        f"{_TABLE}t6_each_state_on_feed_and_audio",
        f"{_STATES}s3_s4_s5_no_refusal_is_html_or_asks_for_a_password_or_may_be_kept",
    ),
    "S5": (
        f"{_NEARLY}s5_refusals_are_english_whatever_the_site_speaks",
        f"{_STATES}s3_s4_s5_no_refusal_is_html_or_asks_for_a_password_or_may_be_kept",
        f"{_ACCESS}m11_s3_s4_refusals_are_short_lines",
    ),
    "S6": (f"{_STATES}s6_the_membership_ends_at_its_instant_without_a_write",),
    "S7": (f"{_TABLE}s7_a_download_that_runs_when_the_membership_ends_is_finished",),
    "6.4": (f"{_HITS}h1_a_links_networks_and_apps_are_counted_by_day",),
    "H1": (
        f"{_HITS}h1_a_links_networks_and_apps_are_counted_by_day",
        f"{_HITS}h1_a_network_is_a_24_or_a_64",
        f"{_HITS}h1_networks_are_hashed_with_the_key_of_the_day",
        f"{_HITS}h1_a_links_day_is_kept_for_thirty_days",
    ),
    "H2": (
        f"{_HITS}h2_two_subscribers_or_many_networks_with_many_apps_mark_a_link",
        f"{_HITS}h2_the_limits_are_those_of_the_settings",
        f"{_WATCHED}h2_a_link_used_in_many_places_is_told_calmly_with_the_way_to_a_new_one",
    ),
    "H3": (
        f"{_PACE}h3_a_member_sees_when_and_by_which_app_the_feed_was_read",
        f"{_QUICK}h3_the_fetch_is_noted",
        f"{_USE}h3_each_reader_is_kept_with_its_last_time_the_latest_first",
        f"{_WATCHED}h3_the_page_says_by_which_app_and_when",
        f"{_TOKENS}replacing_gives_two_new_secrets_and_keeps_the_label",
    ),
    # ---- 7 HTTP: feeds
    "F1": (f"{_ANSWERS}f1_head_has_the_headers_of_get_and_no_body", f"{_ANSWERS}f1_options_and_other_methods"),
    "F2": (f"{_ANSWERS}f2_f3_f7_f9_headers_of_the_public_feed",),
    "F3": (f"{_ANSWERS}f2_f3_f7_f9_headers_of_the_public_feed", f"{_ANSWERS}f7_f8_f9_f14_headers_of_a_member_feed"),
    "F4": (
        f"{_ANSWERS}t4_f4_a_known_tag_gets_304",
        f"{_ANSWERS}f4_another_tag_and_a_date_get_the_feed",
        f"{_RANDOM}t4_f4_any_list_of_tags_on_feeds",
        f"{_RANDOM}f4_a_broken_list_of_tags_gets_the_whole",
        f"{_RANDOM}f4_any_text_that_does_not_name_our_tag_gets_the_whole",
        f"{_QUICK}f4_it_is_the_view_s_own_answer",
    ),
    "F5": (
        f"{_FOLDER}t4_the_tag_changes_whenever_anything_that_is_shown_does",
        f"{_ANSWERS}t4_the_tag_changes_with_the_show_the_reader_and_the_page",
        f"{_ANSWERS}t4_the_tag_is_the_same_in_another_process",
        f"{_QUICK}f5_it_costs_one_read",
        f"{_OPENING}f5_opening_is_one_read",
    ),
    "F6": (
        f"{_ANSWERS}f6_gzip_where_it_is_taken_and_strong_tags_differ_by_coding",
        f"{_ANSWERS}f6_which_codings_are_taken",
        f"{_RANDOM}f6_gzip_is_sent_to_those_and_only_those_who_take_it",
        f"{_RANDOM}f6_whatever_is_sent_body_length_and_coding_agree",
    ),
    "F7": (f"{_ANSWERS}f2_f3_f7_f9_headers_of_the_public_feed", f"{_ANSWERS}f7_f8_f9_f14_headers_of_a_member_feed"),
    "F8": (
        f"{_ANSWERS}f7_f8_f9_f14_headers_of_a_member_feed",
        "web/test_site.py::test_robots_may_read_everything_and_learn_nothing_that_is_closed",
    ),
    "F9": (
        f"{_ANSWERS}f2_f3_f7_f9_headers_of_the_public_feed",
        f"{_ANSWERS}f7_f8_f9_f14_headers_of_a_member_feed",
        f"{_BESIDE}c4_public_texts_may_be_kept_for_five_minutes_and_read_by_any_page",
        f"{_BESIDE}artwork_is_for_everyone_and_for_ever",
    ),
    "F10": (
        f"{_PACE}t12_many_members_behind_one_address_are_never_refused",
        f"{_PACE}f10_a_token_may_ask_120_times_an_hour_and_304_costs_nothing",
        f"{_PACE}f10_guessing_tokens_is_limited_by_network_and_known_tokens_go_on",
    ),
    "F11": (
        f"{_PACE}f10_a_token_may_ask_120_times_an_hour_and_304_costs_nothing",
        f"{_AUDIO}td10_a_missing_file_is_a_moments_trouble_not_a_lost_episode",
        "web/test_gate.py::test_what_neither_runs_nor_waits_is_told_when_to_come_back_t_h4",
    ),
    "F12": (
        f"{_NEARLY}f12_a_slash_too_many_leads_to_the_same_feed_without_a_page_on_the_way",
        f"{_NEARLY}a8_f12_another_host_is_sent_to_the_same_path_without_a_page_on_the_way",
    ),
    "F13": (f"{_SECRETS}f13_the_database_is_asked_for_the_hash_and_never_sees_a_token",),
    "F14": (f"{_ANSWERS}f7_f8_f9_f14_headers_of_a_member_feed", f"{_TABLE}t6_each_state_on_feed_and_audio"),
    "F15": (f"{_ANSWERS}f15_a_range_on_a_feed_is_ignored",),
    # ---- 8 HTTP: media
    "M1": (
        f"{_AUDIO}m1_head_has_the_whole_length_and_no_body",
        f"{_RANDOM}t3_m1_m5_head_takes_no_notice_of_any_range",
        f"{_STORE}m1_m9_head_is_answered_from_the_database",
    ),
    "M2": (
        f"{_BESIDE}m2_types_are_the_same_in_the_feed_and_in_the_answer",
        f"{_SOUND}what_is_no_mp3_or_m4a_is_refused",
        "catalogue/test_uploads.py::test_the_bytes_decide_what_a_file_is_t_f2",
    ),
    "M3": (
        f"{_AUDIO}m3_audio_is_never_compressed",
        f"{_AUDIO}td2_a_file_of_another_length_is_not_sent",
        f"{_LISTENING}a_member_reads_the_feed_hears_in_parts_and_is_counted_once",
    ),
    "M4": (f"{_AUDIO}m1_to_m4_m7_headers_of_audio", f"{_AUDIO}m4_a_notice_too_has_a_tag_made_of_its_content"),
    "M5": (
        f"{_AUDIO}t3_every_row_of_m5_from_disk",
        f"{_RANDOM}t3_m5_any_range_of_a_file_on_disk",
        f"{_RANDOM}t3_m5_if_range_lets_a_range_count_only_for_our_own_file",
        f"{_RANDOM}m5_any_list_of_tags_on_audio",
        f"{_OWN_NOTICES}m5_ranges_of_a_hosts_notice",
        f"{_RANGES}m5_ranges",
        f"{_RANGES}m5_if_range",
    ),
    "M6": (f"{_AUDIO}t3_every_row_of_m5_from_disk", f"{_RANGES}any_headers_give_an_answer_within_the_file"),
    "M7": (
        f"{_AUDIO}m1_to_m4_m7_headers_of_audio",
        f"{_AUDIO}m7_headers_of_a_members_audio",
        f"{_OWN_NOTICES}m1_to_m4_m7_headers_of_a_hosts_notice",
    ),
    "M8": (
        f"{_ACCESS}m8_a_members_episode_is_refused_to_everybody_else",
        f"{_ACCESS}m8_entitlement_is_asked_at_each_range",
        f"{_ACCESS}m8_a_range_costs_one_read",
    ),
    "M9": (
        f"{_STORE}t3_m9_every_row_of_m5_from_an_object_store",
        f"{_STORE}m9_the_way_to_the_store_carries_no_credential_of_ours_and_lives_a_day",
        f"{_STORE}m8_m9_the_store_is_named_only_to_those_who_may_hear",
        f"{_OWN_NOTICES}m9_a_hosts_notice_in_an_object_store",
        f"{_RANDOM}t3_m9_any_range_of_a_file_in_an_object_store",
    ),
    "M10": (
        f"{_AUDIO}m10_memory_does_not_grow_with_the_file",
        f"{_AUDIO}large_files_are_sent_in_blocks_and_arrive_byte_for_byte",
        f"{_NGINX}m10_every_row_of_m5_is_answered_through_nginx_as_without_it",
        f"{_NGINX}m10_the_bytes_are_sent_by_nginx_and_we_say_only_where_they_lie",
    ),
    "M11": (
        f"{_ACCESS}m11_s3_s4_refusals_are_short_lines",
        f"{_NEARLY}s3_m11_what_is_nearly_an_address_is_one_plain_line_and_never_a_page",
    ),
    "M12": (
        f"{_AUDIO}m12_a_client_that_goes_away_closes_the_file",
        f"{_LISTENING}m12_listeners_who_go_away_leave_no_error_and_no_open_file",
    ),
    "M13": (
        "web/test_macros.py::test_the_player_without_javascript_is_an_audio_element_that_starts_at_the_time",
    ),
    "8.1": (f"{_WALK}the_audio_chapters_and_transcript_lie_at_the_addresses_of_the_feed",),
    "C1": (
        f"{_CHAPTERS}rule_c1_holds_for_any_chapters",
        f"{_BESIDE}c1_c4_chapters_are_json_for_those_who_may_hear",
        f"{_BUILD}c1_a_single_chapter_is_not_offered",
        f"{_BESIDE}no_chapters_where_there_are_fewer_than_two",
    ),
    "C2": (f"{_FOLDER}c2_the_feed_has_the_same_chapters_as_the_file_for_apps",),
    "C3": (f"{_SPOKEN}rule_c3_holds_for_any_words", f"{_SPOKEN}other_readers_agree_with_what_we_write"),
    "C4": (
        f"{_BESIDE}c4_public_texts_may_be_kept_for_five_minutes_and_read_by_any_page",
        f"{_BESIDE}c1_c4_chapters_are_json_for_those_who_may_hear",
        f"{_BESIDE}c4_transcripts_are_for_those_who_may_hear",
    ),
    # ---- 9 Telling others
    "N1": (
        f"{_TOLD}what_is_sent_is_what_each_of_them_expects",
        f"{_TOLD}nobody_is_told_by_default",
        f"{_TOLD}a_members_episode_is_no_public_news",
        f"{_TOLD}op3_counts_public_audio_and_never_sees_a_member",
        f"{_TOLD}a_refusal_is_tried_again",
    ),
    "9.1": (
        f"{_APPS}no_link_goes_through_a_web_site",
        f"{_APPS}link_has_the_form_that_the_app_reads",
        f"{_APPS}apps_that_take_no_private_feed_are_named_and_not_offered",
        "web/test_account.py::test_qr_code_opens_the_app_list_without_signing_in",
    ),
    # ---- 10 Counting downloads
    "D1": (f"{_COUNTING}d1_the_window_is_the_utc_day", f"{_HITS}d1_the_next_day_counts_anew"),
    "D2": (
        f"{_COUNTING}d2_the_key_tells_episodes_networks_and_agents_apart_and_changes_by_day",
        f"{_HITS}d2_no_address_is_kept",
        f"{_HITS}d2_after_48_hours_nobody_can_tell_who_listened",
        f"{_COUNTED}d2_the_listeners_address_is_the_one_that_our_own_proxy_names",
        f"{_COUNTED}d2_without_a_proxy_nobody_chooses_an_address",
    ),
    "D3": (
        f"{_COUNTING}d3_requests_that_are_no_listening_are_not_counted",
        f"{_COUNTING}d3_bots_and_libraries_that_run_by_themselves_are_no_listeners",
        f"{_COUNTING}d3_the_operators_own_networks_are_not_counted",
        f"{_COUNTED}what_is_no_download",
        f"{_OWN_NOTICES}d3_a_hosts_notice_is_never_counted",
    ),
    "D4": (f"{_COUNTING}d4_a_minute_of_sound_beside_the_tags_makes_a_download",),
    "D5": (
        f"{_COUNTING}d5_merged_ranges_hold_the_same_bytes_as_all_of_them",
        f"{_HITS}d5_the_download_stands_at_the_time_of_the_first_request",
        f"{_COUNTED}bytes_that_never_left_are_not_counted",
        f"{_STORE}d5_bytes_asked_of_the_store_stand_in_for_bytes_sent",
    ),
    "D6": (
        f"{_HITS}a_whole_download_is_counted_once_with_what_is_known_of_it",
        f"{_HITS}d6_old_downloads_are_folded_into_counts_once",
    ),
    "D7": (f"{_HITS}numbers_hold_days_episodes_apps_and_what_was_set_aside",),
    "D8": (
        f"{_HITS}d8_a_listener_with_more_than_a_hundred_downloads_is_set_aside",
        f"{_HITS}d8_two_agents_in_one_network_are_two_listeners",
    ),
    "D9": (f"{_HITS}d9_followers_are_what_servers_say_and_one_for_each_other_reader",),
    "D10": (
        f"{_BATCH}adding_does_not_wait_for_a_slow_write",
        f"{_BATCH}the_thread_writes_by_itself",
        f"{_BATCH}d10_what_is_added_is_written_within_five_seconds_where_nothing_else_is_said",
        f"{_BATCH}what_could_not_be_written_is_tried_again_although_nobody_adds_anything",
        f"{_BATCH}what_is_added_while_the_list_is_taken_is_not_forgotten",
        f"{_HITS}d10_a_batch_is_written_while_the_five_seconds_last",
        f"{_LISTENING}d10_a_server_that_is_stopped_writes_what_it_had_noted",
    ),
    "U1": (f"{_AGENTS}u1_agents_are_named_by_the_first_list_that_knows_them",),
    "U2": (f"{_AGENTS}u2_names_are_kept_for_as_many_agents_as_the_rule_says",),
    "U3": (f"{_AGENTS}u3_readers_of_feeds_have_a_list_of_their_own",),
    "U4": (
        f"{_AGENTS}u4_every_example_of_the_operators_lists_is_named_by_its_own_entry",
        f"{_AGENTS}u4_referrers_name_the_site_a_browser_plays_on_and_devices_the_device",
    ),
    "U5": (f"{_AGENTS}u5_a_bad_file_is_refused_whole", f"{_AGENTS}u5_a_missing_file_is_named"),
    # ---- 11 Building the XML
    "B1": (f"{_BUILD}b1_the_builder_knows_no_request_database_clock_or_setting",),
    "B2": (f"{_RENDERING}b6_the_gaps_are_filled_with_a_members_own_secrets", f"{_RENDERER}a_change_shows_at_once"),
    "B3": (
        f"{_BUILD}b3_feedgen_writes_no_date_by_the_locale_of_the_process",
        f"{_BUILD}t5_rendering_in_eight_threads_never_changes_the_default_encoding",
        f"{_BUILD}items_keep_the_order_of_the_document",
    ),
    "B4": ("house/test_dependencies.py::test_b4_nothing_else_is_installed_under_the_name_of_feedgen",),
    "B5": (f"{_BUILD}b5_any_unicode_anywhere_gives_xml_that_parses",),
    "B6": (
        f"{_RENDERING}b6_the_gaps_are_filled_with_a_members_own_secrets",
        f"{_FEEDS}b6_forty_members_at_once_after_a_change_cost_one_rendering",
        f"{_KEEPING}four_processes_that_ask_at_once_make_one_rendering",
        f"{_KEEPING}a_restart_finds_what_was_made",
    ),
    "B7": (f"{_RENDERING}b7_b8_the_compressed_form_is_the_same_text", f"{_GZIP}repetitions_across_gaps_are_found"),
    "B8": (f"{_GZIP}unpacking_gives_exactly_the_filled_text",),
    "B9": (f"{_RENDERING}b9_filling_the_feed_of_500_episodes_costs_under_two_milliseconds",),
    "B10": (
        f"{_GZIP}unpacking_gives_exactly_the_filled_text",
        f"{_GZIP}the_gzip_command_is_content",
        "flows/test_feed_in_browser.py::test_b10_chromium_reads_a_members_feed_as_it_is_written_without_compression",
    ),
    # ---- 13 Tests that must exist
    "T1": (
        f"{_BUILD}t1_the_sample_feed_is_rebuilt_element_by_element",
        f"{_BUILD}t1_the_sample_feed_is_rebuilt_to_the_byte_but_for_the_order_of_attributes",
    ),
    "T2": (f"{_SHOW}a_shows_guid_follows_the_published_vectors_g6",),
    "T3": (
        f"{_AUDIO}t3_every_row_of_m5_from_disk",
        f"{_STORE}t3_m9_every_row_of_m5_from_an_object_store",
        f"{_RANDOM}t3_m5_any_range_of_a_file_on_disk",
        f"{_RANDOM}t3_m1_m5_head_takes_no_notice_of_any_range",
    ),
    "T4": (
        f"{_ANSWERS}t4_f4_a_known_tag_gets_304",
        f"{_ANSWERS}t4_the_tag_is_the_same_in_another_process",
        f"{_FOLDER}t4_the_tag_changes_whenever_anything_that_is_shown_does",
        f"{_FOLDER}t4_a_file_that_was_only_touched_changes_no_tag",
    ),
    "T5": (
        f"{_BUILD}t5_two_renderings_a_second_apart_are_equal",
        f"{_BUILD}t5_rendering_in_eight_threads_never_changes_the_default_encoding",
    ),
    "T6": (
        f"{_TABLE}t6_each_state_on_feed_and_audio",
        f"{_TABLE}t6_an_unknown_or_malformed_token_on_feed_and_audio",
        f"{_TABLE}t6_a_plan_without_this_episode_has_a_full_feed_without_it",
    ),
    "T7": (
        f"{_STATES}t7_joining_again_makes_the_same_address_full",
        f"{_STATES}t7_the_notice_has_the_length_it_claims",
    ),
    "T8": (
        f"{_FEEDS}t8_no_token_in_the_public_feed_in_links_or_in_the_log",
        f"{_SECRETS}t8_no_token_on_any_page_for_visitors_or_other_members",
        f"{_SECRETS}t8_a11_no_token_in_what_is_logged_of_any_answer_or_of_a_failure",
        f"{_TOLD}what_is_sent_is_what_each_of_them_expects",
    ),
    "T9": (
        f"{_BUILD}t9_a_member_feed_has_both_block_tags_and_is_locked_without_an_owner",
        f"{_SELECT}t9_a_member_feed_leaves_out_what_directories_look_for",
        f"{_TOLD}the_hub_stands_in_the_public_feed_only",
    ),
    "T10": (
        f"{_BUILD}t10_hostile_texts_leave_the_feed_well_formed_and_within_its_limits",
        f"{_FOLDER}t10_no_title_and_no_notes_break_the_feed",
    ),
    "T11": (f"{_BUILD}t11_every_category_renders_and_its_subcategory_nests", f"{_SHOW}categories_are_apples"),
    "T12": (f"{_PACE}t12_many_members_behind_one_address_are_never_refused",),
    "T13": (
        f"{_COUNTING}d3_requests_that_are_no_listening_are_not_counted",
        f"{_COUNTING}d3_bots_and_libraries_that_run_by_themselves_are_no_listeners",
        f"{_COUNTING}d4_a_minute_of_sound_beside_the_tags_makes_a_download",
        f"{_COUNTING}d5_overlapping_ranges_count_once",
        f"{_HITS}d1_halves_on_both_sides_of_midnight_are_no_download",
        f"{_COUNTED}a_probe_and_then_the_rest_is_one_download",
    ),
    "T14": (
        f"{_FEEDS}t14_feeds_of_any_length_have_notes_links_and_a_bearable_size",
        f"{_SELECT}t14_pages_links_and_full_notes",
    ),
    "T15": (
        f"{_ANSWERS}t15_a_scheduled_episode_appears_with_a_new_tag_and_no_write",
        f"{_RENDERER}t15_a_scheduled_episode_comes_with_its_time_without_a_write",
        f"{_WALK}a_scheduled_episode_comes_out_at_its_time_without_a_command_t15",
    ),
    "T16": (
        f"{_MOVING_IN}t16_guids_dates_and_the_show_s_guid_are_in_our_feed_as_they_were_in_the_other",
        f"{_MOVED_IN}t16_a_date_in_another_form_is_the_same_second",
    ),
    "T17": (
        f"{_FEEDS}t17_real_parsers_take_the_feeds",
        f"{_BUILD}t17_feedparser_reads_it_without_complaint",
        f"{_BUILD}t17_podcastparser_reads_every_episode",
        f"{_REAL}t17_feedparser_takes_the_feed_and_asks_again_with_its_etag",
        f"{_REAL}t17_gpodder_follows_a_members_feed_and_fetches_every_episode",
        f"{_WALK}a_folder_becomes_an_item_that_two_parsers_read_alike_t17",
    ),
}  # fmt: skip

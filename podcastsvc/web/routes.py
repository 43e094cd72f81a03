"""The list of all groups of pages; a new one adds its line here."""

from flask import Blueprint

from podcastsvc.web import feeds, health, hooks, join, media, robots, welcome
from podcastsvc.web.account import add, reminders
from podcastsvc.web.account import routes as account
from podcastsvc.web.apps import beside
from podcastsvc.web.calls import pages as calls
from podcastsvc.web.episodes import people
from podcastsvc.web.episodes import routes as episodes
from podcastsvc.web.offers import booked, booking, donating, gifts, letter_links, redeeming, seats
from podcastsvc.web.search import page as search
from podcastsvc.web.sign_in import pages as sign_in
from podcastsvc.web.site import front, icons, theme
from podcastsvc.web.studio import routes as studio
from podcastsvc.web.texts import articles, contact, pages, pictures
from podcastsvc.web.texts import feed as article_feed

BLUEPRINTS: tuple[Blueprint, ...] = (
    health.blueprint,
    robots.blueprint,
    hooks.blueprint,
    feeds.blueprint,
    media.blueprint,
    beside.blueprint,
    pictures.blueprint,
    theme.blueprint,
    icons.blueprint,
    front.blueprint,
    episodes.blueprint,
    people.blueprint,
    search.blueprint,
    calls.blueprint,
    contact.blueprint,
    articles.blueprint,
    article_feed.blueprint,
    pages.blueprint,
    join.blueprint,
    welcome.blueprint,
    gifts.blueprint,
    donating.blueprint,
    booking.blueprint,
    booked.blueprint,
    redeeming.blueprint,
    seats.blueprint,
    add.blueprint,
    sign_in.blueprint,
    account.blueprint,
    reminders.blueprint,
    letter_links.blueprint,
    studio.blueprint,
)

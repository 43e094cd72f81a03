"""The studio's blueprint with all its views; importing this file is what adds them."""

from podcastsvc.web.studio import coupons, donations, letters, numbers, offers, plans, price_moves
from podcastsvc.web.studio.blueprint import blueprint
from podcastsvc.web.studio.consultations import listing as consulting
from podcastsvc.web.studio.consultations import page as one_consultation
from podcastsvc.web.studio.consultations import settings as consultations
from podcastsvc.web.studio.episodes import (
    creating,
    cropping,
    editing,
    ending,
    keeping,
    listing,
    resuming,
    texts,
    uploads,
)
from podcastsvc.web.studio.members import changes, merging, pages, story
from podcastsvc.web.studio.money import exporting, orders, payment
from podcastsvc.web.studio.money import listing as paid
from podcastsvc.web.studio.money import overview as money
from podcastsvc.web.studio.old_addresses import changing as moving
from podcastsvc.web.studio.old_addresses import listing as moved
from podcastsvc.web.studio.overview import first_steps, page
from podcastsvc.web.studio.settings import health, look, show
from podcastsvc.web.studio.settings import payments as payment_setup
from podcastsvc.web.studio.writings import editing as writing
from podcastsvc.web.studio.writings import ending as writing_ends
from podcastsvc.web.studio.writings import listing as writings

VIEWS = (
    page,
    consulting,
    consultations,
    one_consultation,
    first_steps,
    listing,
    creating,
    editing,
    ending,
    texts,
    cropping,
    uploads,
    resuming,
    keeping,
    pages,
    changes,
    story,
    merging,
    letters,
    plans,
    coupons,
    price_moves,
    offers,
    donations,
    money,
    paid,
    payment,
    orders,
    exporting,
    numbers,
    health,
    show,
    look,
    payment_setup,
    moved,
    moving,
    writings,
    writing,
    writing_ends,
)
__all__ = ["VIEWS", "blueprint"]

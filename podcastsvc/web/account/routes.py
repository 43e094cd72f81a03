"""Brings the account pages together: importing a file adds its views to the group."""

from podcastsvc.web.account import asking_back, billing, feeds, group, page, password, plan, profile, proving, reminders
from podcastsvc.web.account.blueprint import blueprint

PARTS = (page, feeds, profile, password, proving, billing, asking_back, plan, group, reminders)

__all__ = ["PARTS", "blueprint"]

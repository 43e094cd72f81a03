"""A fresh stand-in for each test."""

import pytest

from tests.billing.standin.playing import Player


@pytest.fixture
def player():
    player = Player()
    yield player
    player.standin.close()

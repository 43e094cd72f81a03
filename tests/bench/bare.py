"""The application without its worker, as a server with many processes has it."""

from podcastsvc.app import create_app
from podcastsvc.settings import read_settings

application = create_app(read_settings())

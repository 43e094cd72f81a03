"""The WSGI application, for any server that loads one."""

from podcastsvc.app import make_application

application = app = make_application()

"""What one of several processes does with a shared file; kept apart so that a new process imports little."""

from podcastsvc.billing.standin.app import make_standin
from podcastsvc.billing.standin.books.customers import make_customer

SITE = "http://127.0.0.1:8000"


def start_and_make(path: str) -> tuple[str, list[str]]:
    """Starts a stand-in over the file and makes ten customers; its secret and their ids."""
    standin = make_standin(path, base_url=SITE, webhook_url=f"{SITE}/webhooks/stripe")
    made = []
    for _ in range(10):
        with standin.work() as work:
            made.append(str(make_customer(work)["id"]))
    secret = standin.read_secret()
    standin.close()
    return secret, made

"""A browser without JavaScript: keeps cookies, follows redirects, fills in and sends the forms of pages."""

import http.cookiejar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from lxml import html


class Page:
    """An answer: ``url`` after redirects, ``status``, and the document behind ``text``."""

    def __init__(self, url: str, status: int, headers: Any, body: bytes) -> None:
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def document(self) -> html.HtmlElement:
        return html.fromstring(self.body, base_url=self.url)

    @property
    def words(self) -> str:
        """What a person reads in the page's main part, white space folded."""
        main = self.document.find(".//main")
        return " ".join((main if main is not None else self.document).text_content().split())

    def list_links(self, part: str = "") -> list[str]:
        """The addresses of all links that hold ``part``."""
        return [urljoin(self.url, link) for link in self.document.xpath("//a/@href") if part in link]


class Visitor:
    """One person's browser."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.cookies = http.cookiejar.CookieJar()
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> Page:
        return self._open(Request(urljoin(self.base_url, path), headers={"Accept-Language": "en"}))

    def send(self, page: Page, button: str, **fields: str) -> Page:
        """Fills in and sends the form that has a button with these words on it."""
        form, name = _find_form(page, button)
        values = [(key, value) for key, value in form.form_values() if key not in fields]
        values += list(fields.items())
        if name is not None:
            values.append(name)
        target = urljoin(page.url, form.get("action") or page.url)
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.base_url}
        return self._open(Request(target, data=urlencode(values).encode(), headers=headers))

    def _open(self, request: Request) -> Page:
        try:
            with self._opener.open(request, timeout=60) as answer:
                return Page(answer.url, answer.status, answer.headers, answer.read())
        except HTTPError as answer:
            with answer:
                return Page(answer.url, answer.code, answer.headers, answer.read())


def _find_form(page: Page, button: str) -> tuple[html.FormElement, tuple[str, str] | None]:
    for form in page.document.forms:
        for found in form.xpath(".//button"):
            if button in " ".join(found.text_content().split()):
                name = found.get("name")
                return form, (name, found.get("value") or "") if name else None
    raise AssertionError(f"no form with a button {button!r} at {page.url}:\n{page.words[:1500]}")

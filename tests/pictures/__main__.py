"""``make screenshots``: small pictures of the pages of the sample show, on a phone and a wide screen, light and dark, in
docs/screenshots. Words behind the command choose pages."""

import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.flows.browsing import take_cookies
from tests.flows.visitor import Visitor
from tests.gates.looking import list_launch_options
from tests.pictures.stage import NOW, RECORDING, make_stage

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
PAGES = {
    "home": ("visitor", "/"),
    "episode": ("visitor", "/episodes/what-a-feed-is/"),
    "join": ("visitor", "/join"),
    "account": ("ben", "/account"),
    "new-episode": ("ada", "/studio/episodes/new"),
    "new-episode-upload": ("ada", "/studio/episodes/new"),
    "overview": ("ada", "/studio/"),
}
WIDTHS = {390: 844, 1280: 900}
# Enough for our own colours, the covers' and the edges of letters. A tall page is cut where the picture has said enough.
COLOURS, OWN_COLOURS = 60, 32
MOST_HEIGHT = {390: 2200, 1280: 1400}
LINK = "https://roomtone.example/private/k7q2mdxw4t/feed.xml"


def main(words: list[str]) -> int:
    """Takes the pictures; prints the size of each."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site, people = make_stage(Path(folder))
        browser = playwright.chromium.launch(**list_launch_options())
        try:
            for name, (who, path) in PAGES.items():
                if not words or name in words:
                    for width in WIDTHS:
                        for scheme in ("light", "dark"):
                            picture = take(browser, people[who], site.base_url + path, name, width, scheme)
                            target = FOLDER / f"{name}-{width}-{scheme}.png"
                            save(picture, target)
                            print(f"{target.name}: {target.stat().st_size:,} bytes")
        finally:
            browser.close()
            site.kill()
    return 0


def take(browser: Browser, person: Visitor, url: str, name: str, width: int, scheme: str) -> bytes:
    """The whole page, as it stands once all of it has come."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-GB",
        timezone_id="Europe/Madrid",
        reduced_motion="reduce",
    )
    context.clock.set_fixed_time(NOW)
    context.add_cookies(take_cookies(person))
    page = context.new_page()
    page.goto(url, wait_until="networkidle")
    if name in BEFORE:
        BEFORE[name](page)
    # The secret in it, and the port, would be others each time.
    page.evaluate(f"document.querySelectorAll('input[readonly]').forEach(each => {{ each.value = {LINK!r}; }})")
    height = min(page.evaluate("document.documentElement.scrollHeight"), MOST_HEIGHT[width])
    # What sticks to the lower edge stands at the end.
    page.set_viewport_size({"width": width, "height": height})
    picture = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
    context.close()
    return picture


def send_slowly(page: Page) -> None:
    """Chooses a recording, and waits until some of it is there."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_500_000}
    network.send("Network.emulateNetworkConditions", slow)
    file = {"name": "wardrobe-final.mp3", "mimeType": "audio/mpeg", "buffer": RECORDING}
    page.locator("input[type=file][name=audio]").set_input_files(files=[file])
    expect(page.locator("[data-progress-text]")).to_have_text(re.compile(r"^[3-9]\d"), timeout=30_000)


BEFORE = {"new-episode-upload": send_slowly}
"""What is done on a page before it is pictured."""


def save(picture: bytes, target: Path) -> None:
    """With few colours: a fifth of the bytes. Those of our sheets are kept as they are; the rest is chosen so that a small
    spot of gold, and the tints, stay."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    counted = sorted(image.getcolors(image.width * image.height), reverse=True)
    own = [value for _count, colour in counted[:OWN_COLOURS] for value in colour]
    rest = image.quantize(COLOURS - OWN_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette(own + rest)
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

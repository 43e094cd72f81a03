// "Overcast has your feed": asks every few seconds whether an app has read the member's feed, and says so.
//
// <div data-watch="address" data-link="3"> is the place of one link on the page. With data-waits somebody waits from the
// start, else from a tap on an app ([data-app]) on; readings before data-since (seconds) are no answer to it. data-opened
// is the address that takes note of a tap. Inside: [data-wait] says what we wait for, [data-has] with [data-fact] what
// came, [data-help] how to add the link by hand, [data-again] is the link for those who waited longer than we do. Only
// [data-wait], [data-has] and [data-fact] are always there.

const FIRST_MS = 2500;
const SLOWEST_MS = 15_000;
const SLOWER_AFTER_MS = 60_000;
const HELP_AFTER_MS = 25_000;
const STOP_AFTER_MS = 600_000;

class Place {
  constructor(element) {
    this.element = element;
    this.isWaiting = false;
    if ("waits" in element.dataset) this.begin("");
  }

  find(mark) {
    return this.element.querySelector(`[data-${mark}]`);
  }

  begin(app) {
    this.isWaiting = true;
    this.began = Date.now();
    const helps = [...this.element.querySelectorAll("[data-app-help]")];
    const chosen = helps.find((each) => each.dataset.appHelp === app);
    for (const each of helps) each.hidden = Boolean(chosen) && each !== chosen;
    const says = (chosen ?? this.find("wait")).dataset.says;
    if (says) this.find("wait").textContent = says;
    this.show({ wait: true });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show({ wait: true, help: true }), HELP_AFTER_MS);
  }

  show({ wait = false, has = false, help = false, again = false }) {
    for (const [mark, isShown] of Object.entries({ wait, has, help, again })) {
      const part = this.find(mark);
      if (part) part.hidden = !isShown;
    }
  }

  end(shown) {
    this.isWaiting = false;
    clearTimeout(this.timer);
    this.show(shown);
  }

  // What the server says of this link, if anything.
  take(reading) {
    if (!reading || reading.at < Number(this.element.dataset.since)) return;
    this.find("fact").textContent = reading.fact;
    this.end({ has: true });
  }

  get isTooLong() {
    return Date.now() - this.began > STOP_AFTER_MS;
  }
}

const places = [...document.querySelectorAll("[data-watch]")].map((element) => new Place(element));
const address = places[0].element.dataset.watch;
let pauseMs = FIRST_MS;
let timer;
let isAsking = false;

async function ask() {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
  // Signed out, or the code of this page is over: nothing more will come.
  if (answer.status === 403) {
    for (const place of places.filter((each) => each.isWaiting)) place.end({ wait: true, again: true });
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const { links } = await answer.json();
  for (const place of places.filter((each) => each.isWaiting)) {
    place.take(links[place.element.dataset.link]);
    if (place.isWaiting && place.isTooLong) place.end({ wait: true, help: true, again: true });
  }
}

function plan() {
  clearTimeout(timer);
  const began = places.filter((each) => each.isWaiting).map((each) => each.began);
  if (began.length === 0 || document.hidden) return;
  if (Date.now() - Math.max(...began) > SLOWER_AFTER_MS) pauseMs = Math.min(pauseMs * 1.3, SLOWEST_MS);
  timer = setTimeout(look, pauseMs);
}

async function look() {
  if (isAsking || !places.some((each) => each.isWaiting)) return;
  isAsking = true;
  try {
    await ask();
  } catch {
    // The network is away, or the server is busy.
    pauseMs = Math.min(pauseMs * 2, SLOWEST_MS);
  }
  isAsking = false;
  plan();
}

// The app comes to the front while the server is told, so the request must outlive the page's turn.
function noteTap(place) {
  const token = document.querySelector("[name=csrf_token]");
  if (!place.element.dataset.opened || !token) return;
  fetch(place.element.dataset.opened, { method: "POST", keepalive: true, headers: { "X-CSRF-Token": token.value } }).catch(() => {});
}

document.addEventListener("click", (event) => {
  const app = event.target.closest("[data-app]");
  if (!app) return;
  noteTap(places[0]);
  places[0].begin(app.dataset.app);
  pauseMs = FIRST_MS;
  plan();
});
// Whoever comes back from the app sees at once what has become of it.
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
plan();

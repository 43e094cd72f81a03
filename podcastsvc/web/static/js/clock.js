// Instants on the reader's own clock: <span data-clock="2026-06-09T17:00:00+00:00" data-says="On your clock: {when}" hidden>.

const language = document.documentElement.lang || "en";
const clock = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZoneName: "long" });

for (const place of document.querySelectorAll("[data-clock]")) {
  place.textContent = ` · ${place.dataset.says.replace("{when}", clock.format(new Date(place.dataset.clock)))}`;
  place.hidden = false;
}

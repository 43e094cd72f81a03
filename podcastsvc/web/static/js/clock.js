// Instants on the reader's own clock, where it shows another time than the show's:
// <span data-clock="2026-06-09T17:00:00+00:00" data-show-zone="Europe/Madrid" data-says="On your clock: {when}" hidden>.

const language = document.documentElement.lang || "en";
const parts = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };

for (const place of document.querySelectorAll("[data-clock]")) {
  const at = new Date(place.dataset.clock);
  const write = (options) => new Intl.DateTimeFormat(language, { ...parts, ...options }).format(at);
  if (write({}) === write({ timeZone: place.dataset.showZone })) continue;
  place.textContent = ` · ${place.dataset.says.replace("{when}", write({ timeZoneName: "short" }))}`;
  place.hidden = false;
}

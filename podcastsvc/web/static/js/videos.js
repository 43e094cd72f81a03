// Videos in a text play on the page once somebody starts one; until then nothing is asked of their networks. The element with
// data-players holds, as JSON, the player of each link and what is said below it: {"link": {"src": "player", "says": "…"}}.
for (const text of document.querySelectorAll("[data-players]")) {
  const players = JSON.parse(text.dataset.players);
  for (const link of text.querySelectorAll("a.video")) {
    const player = players[link.getAttribute("href")];
    if (player) offer(link, player);
  }
}

function offer(link, { src, says }) {
  const hint = document.createElement("span");
  hint.className = "hint";
  hint.textContent = says;
  link.after(hint);
  link.addEventListener("click", (event) => {
    // A new tab or window was asked for: that is the network's own page.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const picture = link.querySelector("img");
    const frame = document.createElement("iframe");
    frame.className = "video";
    frame.title = picture?.alt || link.textContent;
    frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    // The network refuses to play for a site that does not say who it is.
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.src = src;
    hint.remove();
    // Words stay above the player, as a way to the network's page; a still gives it its place.
    if (picture) link.replaceWith(frame);
    else link.after(frame);
    frame.focus();
  });
}

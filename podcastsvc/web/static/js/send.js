// What the device offers to pass a page on: the button appears where there is anything.

for (const button of document.querySelectorAll("[data-send]")) {
  if (!navigator.share) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.share({ title: button.dataset.title, url: button.dataset.send }).catch(() => {});
  });
}

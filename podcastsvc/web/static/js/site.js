// Entry of every public page: loads each behaviour where the page holds its mark. Pages are complete without it.
import { guardForms } from "./forms.js";

const behaviours = {
  "podcast-player": () => import("./player.js"),
  "[data-copy]": () => import("./copy.js"),
  "[data-send]": () => import("./send.js"),
  "[data-code]": () => import("./code.js"),
  "[data-watch]": () => import("./watch.js"),
  "[data-zone]": () => import("./zone.js"),
  "[data-clock]": () => import("./clock.js"),
  "[data-players]": () => import("./videos.js"),
};
for (const [mark, load] of Object.entries(behaviours)) {
  if (document.querySelector(mark)) load();
}
guardForms();

// The phone's menu closes on Escape and gives focus back.
const menu = document.querySelector(".menu");
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Ctrl+K and Cmd+K ask what to look for, unless this is the search page, whose field is there already.
addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  const field = document.querySelector("main [role=search] input");
  const form = document.querySelector("template[data-search]")?.content.querySelector("[role=search]");
  if (!field && !form) return;
  event.preventDefault();
  if (field) field.select();
  else import("./search.js").then((search) => search.open(), () => location.assign(form.action));
});

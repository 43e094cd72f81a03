// Entry of every studio page. Each form works without it.
import { guardForms } from "./forms.js";

const behaviours = {
  "form[data-upload]": loadUpload,
  "podcast-player": () => import("./player.js"),
  "[data-copy]": () => import("./copy.js"),
  "[data-cut]": loadCuts,
};

// Where the upload is folded away, it comes when somebody reaches for it: opens that part, or drags a file over the page.
function loadUpload() {
  const load = () => import("./upload.js");
  const folded = document.querySelector("form[data-upload] details.audio-now:not([open])");
  if (!folded) return load();
  folded.addEventListener("toggle", load, { once: true });
  addEventListener("dragenter", load, { once: true });
}

// A members' cut or a preview goes up once it is chosen. Where the script cannot be had, it goes with the form.
function loadCuts() {
  for (const place of document.querySelectorAll("[data-cut]")) {
    const input = place.querySelector("[type=file]");
    input.addEventListener("change", () => import("./cuts.js").then(({ begin }) => begin(place), () => {}), { once: true });
  }
}

// How long a title is, under its field: <p data-count="field id" data-says="{n} characters; …">.
function countCharacters() {
  for (const place of document.querySelectorAll("[data-count]")) {
    const input = document.getElementById(place.dataset.count);
    const count = () => { place.textContent = place.dataset.says.replace("{n}", String([...input.value].length)); };
    input.addEventListener("input", count);
    input.addEventListener("change", count);
    count();
  }
}

// "Write first, add the audio later": shows the whole form before there is a file.
function openForms() {
  for (const button of document.querySelectorAll("[data-open-form]")) {
    button.addEventListener("click", () => {
      button.form.toggleAttribute("data-open", true);
      button.form.querySelector("textarea, input[type=text]")?.focus();
    });
  }
}

// What a form needs once something is typed there comes then; where it cannot be had, at the next try.
function keepForms() {
  for (const form of document.querySelectorAll("form[data-keep]")) {
    const before = new FormData(form);
    const wait = () => {
      const waiting = new AbortController();
      const load = () => {
        waiting.abort();
        import("./keep.js").then(({ Keeper }) => new Keeper(form, before)).catch(wait);
      };
      for (const event of ["input", "change"]) form.addEventListener(event, load, waiting);
    };
    wait();
  }
}

function offerPreviews() {
  for (const button of document.querySelectorAll("[data-preview-button]")) {
    button.addEventListener("click", (event) => {
      if (!("previewButton" in button.dataset)) return;
      event.preventDefault();
      import("./preview.js").then(({ show }) => show(button), () => {
        delete button.dataset.previewButton;
        button.form.requestSubmit(button);
      });
    });
  }
}

// Gives a page its behaviours; called again when a drop has brought in another page's content.
async function begin() {
  countCharacters();
  openForms();
  keepForms();
  offerPreviews();
  const loading = Object.entries(behaviours).filter(([mark]) => document.querySelector(mark)).map(([, load]) => load());
  await Promise.all(loading);
}

guardForms();
// On a phone the menu scrolls sideways: where one is must be in sight.
document.querySelector(".studio-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center", behavior: "instant" });
if (!document.querySelector("form[data-upload]")) import("./drop.js").then(({ listenForFiles }) => listenForFiles(begin));
begin();

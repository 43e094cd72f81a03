// A file dropped on any studio page: the page "New episode" comes in place of this one, and the upload begins there.
// <body data-new-episode="address">. Pages that have an upload of their own see to it themselves (upload.js).

function fetchPage(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.addEventListener("load", () => (request.status === 200 && request.response ? resolve(request.response) : reject()));
    request.addEventListener("error", reject);
    request.send();
  });
}

async function bringIn(address, file, begin) {
  let page;
  try {
    page = await fetchPage(address);
  } catch {
    location.assign(address);
    return;
  }
  for (const part of ["header.head", ".studio-nav", "main"]) {
    document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
  }
  document.title = page.title;
  history.pushState({}, "", address);
  addEventListener("popstate", () => location.reload());
  await begin();
  const { uploads } = await import("./upload.js");
  uploads[0].take(file);
  document.querySelector("main").focus();
}

export function listenForFiles(begin) {
  const address = document.body.dataset.newEpisode;
  if (!address) return;
  const holds = (event) => event.dataTransfer?.types.includes("Files") && !document.querySelector("form[data-upload]");
  addEventListener("dragover", (event) => { if (holds(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    bringIn(address, event.dataTransfer.files[0], begin);
  });
}

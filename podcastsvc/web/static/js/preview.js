// The preview of notes in place: the server renders them, the part with the id "notes-preview" of its page comes in here.
// <form data-preview="address"> with [data-preview-button] and [data-preview-place] around [data-preview-body].
// An XMLHttpRequest reads the answer as a document, so that no text ever becomes HTML in this page.

export function show(button) {
  const { form } = button;
  const request = new XMLHttpRequest();
  request.open("POST", form.dataset.preview);
  request.responseType = "document";
  request.addEventListener("load", () => {
    const found = request.status === 200 && request.response?.getElementById("notes-preview");
    if (!found) return submit(form, button);
    const place = form.querySelector("[data-preview-place]");
    form.querySelector("[data-preview-body]").replaceChildren(...[...found.childNodes].map((node) => document.importNode(node, true)));
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  });
  request.addEventListener("error", () => submit(form, button));
  request.send(new URLSearchParams({ csrf_token: form.elements.csrf_token.value, notes: form.elements.notes.value }));
}

// Where that does not work, the button does what it does without JavaScript.
function submit(form, button) {
  delete button.dataset.previewButton;
  form.requestSubmit(button);
}

// Search on Ctrl+K or Cmd+K: the form of the search page in a dialog. Escape closes it, as any dialog.
const template = document.querySelector("template[data-search]");
let dialog;

export function open() {
  if (!dialog) {
    document.body.append(template.content.cloneNode(true));
    dialog = document.querySelector("dialog[data-search]");
    // A click beside the dialog closes it too.
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input").select();
}

// Forms are sent once: a second press within a few seconds is dropped. The server guards against it as well.

const AGAIN_MS = 5000;

export function guardForms() {
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (Date.now() - (sent.get(event.target) ?? 0) < AGAIN_MS) event.preventDefault();
    else if (event.target.method === "post") sent.set(event.target, Date.now());
  });
  // A page that comes back from the browser's cache is fresh again.
  addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) sent.delete(form);
  });
}

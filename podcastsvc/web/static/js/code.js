// The six-digit code: spaces from a paste go away, and the sixth digit sends the form, once.

const DIGITS = 6;
// A page that the reader came back to still holds the code that was sent from it.
const isNew = performance.getEntriesByType("navigation")[0]?.type === "navigate";

for (const input of document.querySelectorAll("[data-code]")) {
  let tried = isNew ? input.defaultValue : input.value;
  const send = () => {
    const digits = input.value.replace(/\D/g, "").slice(0, DIGITS);
    if (digits !== input.value) input.value = digits;
    if (digits.length === DIGITS && digits !== tried) {
      tried = digits;
      input.form.requestSubmit();
    }
  };
  input.addEventListener("input", send);
  // Phones fill in a code as soon as the field is there, which may be before this script is.
  send();
}

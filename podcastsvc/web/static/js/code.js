// The six-digit code: spaces from a paste go away, and the sixth digit sends the form, once.

const DIGITS = 6;

for (const input of document.querySelectorAll("[data-code]")) {
  let tried = input.value;
  input.addEventListener("input", () => {
    const digits = input.value.replace(/\D/g, "").slice(0, DIGITS);
    if (digits !== input.value) input.value = digits;
    if (digits.length === DIGITS && digits !== tried) {
      tried = digits;
      input.form.requestSubmit();
    }
  });
}

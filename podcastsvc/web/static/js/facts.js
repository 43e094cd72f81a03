// What was read from an episode's audio goes into the form: title, number, notes, and the list "Ready for the apps".

export class Facts {
  constructor(form) {
    this.form = form;
    this.find = (mark) => form.querySelector(`[data-${mark}]`);
    this.filled = new Map();
  }

  fill(answer) {
    for (const [fact, value] of Object.entries(answer.facts ?? {})) {
      const field = this.form.querySelector(`[data-fact="${CSS.escape(fact)}"]`);
      if (field && value !== null) this.put(field, fact, String(value));
    }
    this.listChecks(answer.checks ?? []);
  }

  // Facts go only where the person has not written: an empty field, or one that still holds our earlier fact. Never under
  // the cursor, where what is typed next would be joined to them; they come when the person leaves the field empty.
  put(field, fact, value) {
    if (field.value !== "" && field.value !== this.filled.get(fact)) return;
    if (field === document.activeElement) {
      field.addEventListener("blur", () => this.put(field, fact, value), { once: true });
      return;
    }
    field.value = value;
    this.filled.set(fact, value);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  listChecks(checks) {
    const list = this.find("checks");
    if (!list || !checks.length) return;
    list.replaceChildren(...checks.map(({ state, text, fix, href }) => {
      const item = this.find(`check-${state === "ok" ? "ok" : "warn"}`).content.cloneNode(true);
      item.querySelector("[data-text]").textContent = text;
      const mend = item.querySelector("[data-fix]");
      if (mend) mend.textContent = fix ?? "";
      if (mend && href) mend.href = href;
      return item;
    }));
    list.closest("[hidden]")?.removeAttribute("hidden");
  }
}

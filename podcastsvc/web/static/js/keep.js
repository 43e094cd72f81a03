// A form that saves itself: ten seconds after something was typed, and when the page is left.
//
// <form data-keep="address" [data-keep-page]> with the hidden fields "kept" and csrf_token, and [data-kept-line] with its
// words in data-says. The answer is JSON, {"kept": "id"}; the id goes into "kept", and with data-keep-page into the page's
// address, so that the page shows the same form when it is loaded again.

const EVERY_SECONDS = 10;
const language = document.documentElement.lang || "en";
const ago = (seconds) => new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(...(seconds < 60 ? [-seconds, "second"] : [-Math.round(seconds / 60), "minute"]));

// `before` is the form as it was when nothing had been typed.
export class Keeper {
  constructor(form, before) {
    this.form = form;
    this.line = form.querySelector("[data-kept-line]");
    this.saved = this.read(before);
    form.addEventListener("submit", (event) => { if (!event.defaultPrevented) this.isSent = true; });
    addEventListener("visibilitychange", () => { if (document.hidden) this.save(); });
    setInterval(() => this.tick(), EVERY_SECONDS * 1000);
  }

  // Texts alone: files go their own way.
  read(data = new FormData(this.form)) {
    const values = [...data].filter(([name, value]) => typeof value === "string" && name !== "kept");
    return new URLSearchParams(values).toString();
  }

  tick() {
    this.save();
    this.tell();
  }

  async save() {
    const values = this.read();
    if (values === this.saved || this.isSent || !this.form.isConnected) return;
    const kept = this.form.elements.kept;
    const body = new URLSearchParams(values);
    body.set("kept", kept.value);
    try {
      const answer = await fetch(this.form.dataset.keep, { method: "POST", body, keepalive: body.toString().length < 60_000 });
      if (!answer.ok) throw new Error("not kept");
      kept.value = (await answer.json()).kept;
      this.saved = values;
      this.at = performance.now();
      this.tell();
      if ("keepPage" in this.form.dataset) history.replaceState(history.state, "", `?kept=${encodeURIComponent(kept.value)}`);
    } catch {
      this.line.textContent = this.line.dataset.saysFailed;
      this.line.hidden = false;
    }
  }

  tell() {
    if (this.at === undefined) return;
    this.line.textContent = this.line.dataset.says.replace("{ago}", ago(Math.round((performance.now() - this.at) / 1000)));
    this.line.hidden = false;
  }
}

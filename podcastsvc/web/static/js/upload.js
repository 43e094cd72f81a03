// The studio's upload: a file dropped anywhere on the page or chosen goes up while the form is filled in.
//
// <form data-upload="address" [data-head="address"] data-max-bytes="…"> with its words in data-says-… attributes.
// The first part of the file goes to data-head, the whole file to data-upload: each as the raw body of a POST with the
// form's token in X-CSRF-Token, the file's name as ?name= and its size in bytes as ?size=. Both answer JSON:
//   {"facts": {"title": "…", "season": 3}, "shown": "1 h 06 min · mp3 128 kbit/s",
//    "checks": [{"state": "ok" | "warn", "text": "…"}], "upload": "id, only for the whole file"}
// or, with an error status, a plain sentence for the person. A fact fills the field with that data-fact unless the
// person has typed there. Pressing Publish during the upload waits for its end.

const HEAD_BYTES = 2 * 1024 * 1024;
const MEGABYTE = 1_000_000;
const TYPES = /\.(mp3|m4a)$/i;

const language = document.documentElement.lang || "en";
const inWords = (n, unit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(n);
const megabytes = (bytes) => new Intl.NumberFormat(language, { maximumFractionDigits: bytes < 10 * MEGABYTE ? 1 : 0 }).format(bytes / MEGABYTE);
const timeLeft = (seconds) => (seconds < 60 ? inWords(Math.max(1, Math.round(seconds)), "second") : inWords(Math.round(seconds / 60), "minute"));

class Upload {
  constructor(form) {
    this.form = form;
    this.find = (mark) => form.querySelector(`[data-${mark}]`);
    this.input = this.find("file");
    this.filled = new Map();
    this.input.addEventListener("change", () => this.take(this.input.files[0]));
    this.find("cancel").addEventListener("click", () => this.cancel());
    this.find("retry").addEventListener("click", () => this.start());
    form.querySelectorAll("[data-choose]").forEach((button) => button.addEventListener("click", () => this.input.click()));
    form.addEventListener("submit", (event) => this.holdBack(event));
    addEventListener("beforeunload", (event) => { if (this.request) event.preventDefault(); });
    this.listenForDrops();
    form.dataset.ready = "";
  }

  listenForDrops() {
    const holds = (event) => event.dataTransfer?.types.includes("Files");
    const glow = (on) => document.documentElement.toggleAttribute("data-dropping", on);
    addEventListener("dragover", (event) => { if (holds(event)) { event.preventDefault(); glow(true); } });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) glow(false); });
    addEventListener("drop", (event) => {
      if (!holds(event)) return;
      event.preventDefault();
      glow(false);
      this.take(event.dataTransfer.files[0]);
    });
  }

  take(file) {
    if (!file) return;
    const problem = this.examine(file);
    this.complain(problem);
    if (problem) return;
    this.request?.abort();
    this.file = file;
    // The form carries the upload's id; the file itself is not sent a second time.
    this.input.value = "";
    this.start();
  }

  examine(file) {
    const says = this.form.dataset;
    if (!TYPES.test(file.name)) return says.saysType;
    if (file.size === 0) return says.saysEmpty;
    return file.size > Number(says.maxBytes) ? says.saysLarge : "";
  }

  complain(sentence) {
    const place = this.find("problem");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  start() {
    this.complain("");
    this.show(true);
    this.find("retry").hidden = true;
    this.find("name").textContent = this.file.name;
    this.find("shown").textContent = `${megabytes(this.file.size)} MB`;
    this.find("id").value = "";
    this.sendHead(this.file);
    this.send(this.file);
  }

  headers() {
    return {
      Accept: "application/json",
      "Content-Type": "application/octet-stream",
      "X-CSRF-Token": this.form.querySelector('[name="csrf_token"]')?.value ?? "",
    };
  }

  address(base, file) {
    return `${base}?${new URLSearchParams({ name: file.name, size: file.size })}`;
  }

  // Only a convenience: if it fails, the whole file brings the same facts at its end.
  async sendHead(file) {
    const { head } = this.form.dataset;
    if (!head) return;
    try {
      const answer = await fetch(this.address(head, file), { method: "POST", headers: this.headers(), body: file.slice(0, HEAD_BYTES) });
      if (answer.ok && file === this.file) this.fill(await answer.json());
    } catch { /* The whole file follows. */ }
  }

  send(file) {
    const request = new XMLHttpRequest();
    this.request = request;
    const began = performance.now();
    request.open("POST", this.address(this.form.dataset.upload, file));
    for (const [name, value] of Object.entries(this.headers())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => this.progress(event.loaded, file.size, (performance.now() - began) / 1000));
    request.addEventListener("load", () => this.finish(request, file));
    request.addEventListener("error", () => this.stop(this.form.dataset.saysStopped));
    request.send(file);
  }

  progress(done, all, seconds) {
    const part = Math.min(1, done / all);
    this.find("bar").value = part;
    const left = part > 0 && part < 1 ? timeLeft((seconds / part) * (1 - part)) : "";
    this.say(part < 1 ? "says" : "saysReading", {
      percent: String(Math.floor(part * 100)), done: megabytes(Math.min(done, all)), all: megabytes(all), left,
    });
  }

  say(name, values = {}) {
    const words = Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), this.form.dataset[name]);
    this.find("progress-text").textContent = words;
  }

  finish(request, file) {
    this.request = null;
    const isJson = request.getResponseHeader("Content-Type")?.includes("json");
    const answer = isJson ? JSON.parse(request.responseText) : {};
    if (request.status >= 400 || !answer.upload) {
      const isLine = request.getResponseHeader("Content-Type")?.startsWith("text/plain");
      this.stop((isLine && request.responseText.trim()) || this.form.dataset.saysStopped);
      return;
    }
    this.find("bar").value = 1;
    this.find("id").value = answer.upload;
    this.fill(answer);
    this.say("saysDone");
    this.announce(this.form.dataset.saysDone);
    if (this.waiting) this.form.requestSubmit(this.waiting);
  }

  stop(sentence) {
    this.request = null;
    this.waiting = null;
    this.find("retry").hidden = false;
    this.say("saysHalted");
    this.complain(sentence);
  }

  cancel() {
    this.request?.abort();
    this.request = null;
    this.waiting = null;
    this.file = null;
    this.find("id").value = "";
    this.complain("");
    this.show(false);
    this.input.focus();
  }

  show(running) {
    this.find("drop").hidden = running;
    this.find("progress").hidden = !running;
    this.form.toggleAttribute("data-running", running);
  }

  announce(sentence) {
    this.find("status").textContent = sentence;
  }

  fill(answer) {
    if (answer.shown) this.find("shown").textContent = `${megabytes(this.file.size)} MB · ${answer.shown}`;
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
    list.replaceChildren(...checks.map(({ state, text }) => {
      const item = this.find(`check-${state === "ok" ? "ok" : "warn"}`).content.cloneNode(true);
      item.querySelector("[data-text]").textContent = text;
      return item;
    }));
    list.closest("[hidden]")?.removeAttribute("hidden");
  }

  // Publish pressed early: the form goes by itself when the file has arrived.
  holdBack(event) {
    if (!this.request) return;
    event.preventDefault();
    this.waiting = event.submitter;
    this.announce(this.form.dataset.saysWaiting);
  }
}

export const uploads = [...document.querySelectorAll("form[data-upload]")].map((form) => new Upload(form));

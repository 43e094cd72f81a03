// The studio's upload: a file dropped anywhere on the page or chosen goes up while the form is filled in. The attributes of
// the form, and what is answered, are told beside upload_attrs in templates/macros/studio.html. What is exported serves
// further audio too (cuts.js).

const HEAD_BYTES = 2 * 1024 * 1024;
const MEGABYTE = 1_000_000;
const TYPES = /\.(mp3|m4a)$/i;
const language = document.documentElement.lang || "en";
const inWords = (n, unit) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(n);

export const fingerprint = (file) => `${file.name}:${file.size}:${file.lastModified}`;
const megabytes = (bytes) => new Intl.NumberFormat(language, { maximumFractionDigits: bytes < 10 * MEGABYTE ? 1 : 0 }).format(bytes / MEGABYTE);
const timeLeft = (seconds) => (seconds < 60 ? inWords(Math.max(1, Math.round(seconds)), "second") : inWords(Math.round(seconds / 60), "minute"));

// What is wrong with a file, in the words of its form; "" where nothing is.
export function examine(file, form) {
  const says = form.dataset;
  if (!TYPES.test(file.name)) return says.saysType;
  if (file.size === 0) return says.saysEmpty;
  return file.size > Number(says.maxBytes) ? says.saysLarge : "";
}

// The file's way to the server, not yet begun; `known` is what has arrived of it before (listUnfinished), `on` as in tus.js.
// null where the script cannot be had.
export async function openTransfer(file, form, known, on) {
  const found = await import("./tus.js").catch(() => null);
  const [create, mark] = [form.dataset.upload, fingerprint(file)];
  return found && new found.Transfer(file, { create, mark, known: known?.href ?? "", headers: () => headersOf(form), on });
}

export const sizeOf = (file) => `${megabytes(file.size)} MB`;

// What the words about a file on its way are filled with.
export function countParts(sent, all) {
  const done = Math.min(sent, all);
  return { percent: String(Math.floor((done / all) * 100)), done: megabytes(done), all: megabytes(all) };
}

// Which of the form's words tell how far it is, with their values. Time left is judged from what has moved since it began to.
export function tellProgress(done, all, began) {
  const seconds = (performance.now() - began.at) / 1000;
  const moved = done - began.done;
  const left = moved > 0 ? timeLeft(((all - done) / moved) * seconds) : "";
  return [done >= all ? "saysReading" : left ? "says" : "saysBegun", { ...countParts(done, all), left }];
}

function headersOf(form) {
  return { Accept: "application/json", "X-CSRF-Token": form.querySelector('[name="csrf_token"]')?.value ?? "" };
}

export const listUnfinished = (form) => JSON.parse(form.dataset.unfinished || "[]");

export function fillWords(form, name, values) {
  return Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), form.dataset[name]);
}

// What the server read from a file that has arrived: { found }, or { problem } in its words, "" where it has none.
export async function askWhatWasRead(address, form) {
  const answer = await fetch(address, { method: "POST", headers: headersOf(form) }).catch(() => null);
  const type = answer?.headers.get("Content-Type") ?? "";
  if (answer?.ok && type.includes("json")) return { found: await answer.json() };
  return { problem: type.startsWith("text/plain") ? (await answer.text()).trim() : "", isFinal: answer?.status === 422 };
}

class Upload {
  constructor(form) {
    this.form = form;
    this.find = (mark) => form.querySelector(`[data-${mark}]`);
    this.input = this.find("file");
    this.unfinished = listUnfinished(form);
    this.input.addEventListener("change", () => this.take(this.input.files[0]));
    this.find("cancel").addEventListener("click", () => this.cancel());
    this.find("pause").addEventListener("click", () => this.pause());
    this.find("resume").addEventListener("click", () => this.resume());
    form.querySelectorAll("[data-choose]").forEach((button) => button.addEventListener("click", () => this.input.click()));
    form.addEventListener("submit", (event) => this.holdBack(event));
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
    const problem = examine(file, this.form);
    this.complain(problem);
    if (problem) {
      // The form must not bring it along: what is here already, or on its way, stays.
      this.input.value = "";
      return;
    }
    if (this.transfer && fingerprint(file) === fingerprint(this.file)) {
      this.input.value = "";
      if (!this.transfer.running) this.resume();
      return;
    }
    this.leave();
    this.file = file;
    // The form carries the upload's id; the file itself is not sent a second time.
    this.input.value = "";
    this.start();
  }

  // Another file in the place of one that was on its way: that one is not wanted any more.
  leave() {
    this.transfer?.drop();
    this.transfer = null;
  }

  complain(sentence) {
    const place = this.find("problem");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  async start() {
    const { file } = this;
    const known = this.unfinished.find((each) => each.fingerprint === fingerprint(file));
    this.show(true);
    this.find("name").textContent = file.name;
    this.find("shown").textContent = sizeOf(file);
    this.parts = countParts(0, file.size);
    this.put_id(known?.id ?? "");
    this.sendHead(file);
    this.isBeginning = true;
    const transfer = await openTransfer(file, this.form, known, {
      begun: (address) => this.note(address),
      moved: (bytes) => this.progress(bytes, file.size),
      stopped: (sentence, willTryAgain) => this.stop(sentence, willTryAgain),
      arrived: (address) => this.finish(address, file),
    });
    if (file !== this.file) return;
    this.isBeginning = false;
    if (!transfer) {
      this.stop("", false);
      return;
    }
    this.transfer = transfer;
    this.find("bar").value = 0;
    this.say("saysBegun", this.parts);
    this.resume();
  }

  note(address) {
    const id = address.split("/").pop();
    this.unfinished.push({ id, href: address, fingerprint: fingerprint(this.file) });
    this.put_id(id);
  }

  // The form saves itself, and with it which file is on its way.
  put_id(id) {
    this.find("id").value = id;
    this.form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  resume() {
    if (!this.transfer) {
      this.start();
      return;
    }
    this.complain("");
    this.began = null;
    this.offer("pause");
    if (this.transfer.hasArrived) this.finish(this.transfer.address, this.file);
    else this.transfer.run();
  }

  pause() {
    this.transfer.pause();
    this.waiting = null;
    this.offer("resume");
    this.say("saysPaused", this.parts);
    this.announce(this.find("progress-text").textContent);
  }

  offer(name) {
    for (const each of ["pause", "resume"]) this.find(each).hidden = each !== name;
  }

  // Only a convenience: if it fails, the whole file brings the same facts at its end.
  async sendHead(file) {
    const { head } = this.form.dataset;
    if (!head) return;
    try {
      const address = `${head}?${new URLSearchParams({ name: file.name, size: file.size })}`;
      const headers = { ...headersOf(this.form), "Content-Type": "application/octet-stream" };
      const answer = await fetch(address, { method: "POST", headers, body: file.slice(0, HEAD_BYTES) });
      if (answer.ok && file === this.file) await this.fill(await answer.json(), file);
    } catch { /* The whole file follows. */ }
  }

  progress(done, all) {
    this.began ??= { at: performance.now(), done };
    this.find("bar").value = done / all;
    const [name, values] = tellProgress(done, all, this.began);
    this.parts = values;
    this.say(name, values);
  }

  say(name, values = {}) {
    this.find("progress-text").textContent = fillWords(this.form, name, values);
  }

  async finish(address, file) {
    this.offer("");
    this.say("saysReading", countParts(file.size, file.size));
    this.isReading = true;
    const { found, problem, isFinal } = await askWhatWasRead(address, this.form);
    if (found && file === this.file) await this.fill(found, file);
    this.isReading = false;
    if (file !== this.file) return;
    if (!found) {
      this.stop(problem, false);
      // What cannot be used is not kept there either.
      if (isFinal) this.offer("");
      return;
    }
    this.transfer = null;
    this.find("bar").value = 1;
    this.put_id(found.upload);
    this.say("saysDone");
    this.announce(this.form.dataset.saysDone);
    if (this.waiting) this.form.requestSubmit(this.waiting);
  }

  stop(sentence, willTryAgain) {
    if (willTryAgain) {
      this.began = null;
      this.say("saysAway");
      return;
    }
    this.waiting = null;
    this.offer("resume");
    this.say("saysPaused", this.parts);
    this.complain(sentence || this.form.dataset.saysStopped);
  }

  cancel() {
    this.leave();
    this.waiting = null;
    this.file = null;
    this.isBeginning = false;
    this.put_id("");
    this.complain("");
    this.show(false);
    this.input.focus();
  }

  show(running) {
    const [drop, progress] = [this.find("drop"), this.find("progress")];
    const hadFocus = drop.contains(document.activeElement);
    drop.hidden = running;
    progress.hidden = !running;
    this.form.toggleAttribute("data-running", running);
    if (!running || !hadFocus) return;
    // Not the title: what the tags say never lands under the cursor.
    progress.tabIndex = -1;
    progress.focus();
  }

  announce(sentence) {
    this.find("status").textContent = sentence;
  }

  // Where the script cannot be had, the form is filled in when it is sent.
  async fill(answer, file) {
    if (answer.shown) this.find("shown").textContent = `${sizeOf(file)} · ${answer.shown}`;
    this.facts ??= import("./facts.js").then(({ Facts }) => new Facts(this.form), () => null);
    const facts = await this.facts;
    if (file === this.file) facts?.fill(answer);
  }

  // Publish pressed early: the form goes by itself when the file has arrived.
  holdBack(event) {
    if (!this.isBeginning && !this.transfer?.running && !this.isReading) return;
    event.preventDefault();
    this.waiting = event.submitter;
    this.announce(this.form.dataset.saysWaiting);
  }
}

export const uploads = [...document.querySelectorAll("form[data-upload]")].map((form) => new Upload(form));

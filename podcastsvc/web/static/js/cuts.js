// Further audio of an episode's form, a members' cut or a preview: it goes up as soon as it is chosen, and goes on where it
// stopped, as the main audio does (upload.js). Its field carries the upload's id; the form waits for what is on its way.
import {
  askWhatWasRead, countParts, examine, fillWords, fingerprint, listUnfinished, openTransfer, sizeOf, tellProgress,
} from "./upload.js";

class Cut {
  constructor(place) {
    this.place = place;
    this.kind = place.dataset.cut;
    this.input = place.querySelector("[type=file]");
    this.form = this.input.form;
    this.id = place.querySelector(`[name=${this.kind}_upload]`);
    this.find = (mark) => place.querySelector(`[data-cut-${mark}]`);
    this.input.addEventListener("change", () => this.take(this.input.files[0]));
    this.find("remove").addEventListener("click", () => this.remove());
    this.find("resume").addEventListener("click", () => this.resume());
    this.form.addEventListener("submit", (event) => this.holdBack(event));
  }

  async take(file) {
    if (!file) return;
    const problem = examine(file, this.form);
    this.complain(problem);
    this.input.value = "";
    if (problem) return;
    if (this.transfer && fingerprint(file) === fingerprint(this.file)) {
      if (!this.isBusy) this.resume();
      return;
    }
    this.transfer?.drop();
    this.transfer = null;
    this.file = file;
    this.show(true, file.name, sizeOf(file));
    const known = listUnfinished(this.form).find((each) => each.fingerprint === fingerprint(file));
    this.put(known?.id ?? "");
    this.isBusy = true;
    const transfer = await openTransfer(file, this.form, known, {
      begun: (address) => this.put(address.split("/").pop()),
      moved: (bytes) => this.progress(bytes, file.size),
      stopped: (sentence, willTryAgain) => (willTryAgain ? this.say("saysAway") : this.stop(sentence)),
      arrived: () => this.finish(file),
    });
    if (file !== this.file) return;
    if (!transfer) {
      this.stop("");
      return;
    }
    this.transfer = transfer;
    this.resume();
  }

  resume() {
    if (!this.transfer) {
      this.take(this.file);
      return;
    }
    this.isBusy = true;
    this.began = null;
    this.find("resume").hidden = true;
    if (this.transfer.hasArrived) this.finish(this.file);
    else this.transfer.run();
  }

  put(id) {
    this.id.value = id;
    this.id.dispatchEvent(new Event("change", { bubbles: true }));
  }

  progress(done, all) {
    this.began ??= { at: performance.now(), done };
    this.place.querySelector("progress").value = done / all;
    this.say(...tellProgress(done, all, this.began));
  }

  say(name, values = {}) {
    this.find("text").textContent = fillWords(this.form, name, values);
  }

  announce(sentence) {
    this.find("text").textContent = this.find("status").textContent = sentence;
  }

  async finish(file) {
    this.say("saysReading", countParts(file.size, file.size));
    const { found, problem, isFinal } = await askWhatWasRead(`${this.transfer.address}?kind=${this.kind}`, this.form);
    if (file !== this.file) return;
    if (!found) {
      this.stop(problem);
      if (isFinal) {
        this.find("resume").hidden = true;
        this.put("");
      }
      return;
    }
    this.transfer = null;
    this.isBusy = false;
    this.place.querySelector("progress").value = 1;
    this.find("shown").textContent = `${sizeOf(file)} · ${found.shown}`;
    this.announce(this.place.dataset.saysHere);
    this.put(found.upload);
    if (this.waiting) this.form.requestSubmit(this.waiting);
    this.waiting = null;
  }

  // Whoever pressed Publish has to read why it did not go.
  stop(sentence) {
    this.isBusy = false;
    this.waiting = null;
    this.announce(sentence || this.form.dataset.saysStopped);
    this.find("resume").hidden = false;
  }

  complain(sentence) {
    const place = this.find("problem");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  remove() {
    this.transfer?.drop();
    this.transfer = this.file = null;
    this.isBusy = false;
    this.waiting = null;
    this.put("");
    this.complain("");
    this.show(false);
    this.input.focus();
  }

  show(running, name = "", shown = "") {
    this.find("progress").hidden = !running;
    this.find("name").textContent = name;
    this.find("shown").textContent = shown;
    this.place.querySelector("progress").value = 0;
    this.find("text").textContent = "";
    this.find("resume").hidden = true;
  }

  // Publish pressed early: the form goes by itself when the file has arrived.
  holdBack(event) {
    if (!this.isBusy) return;
    event.preventDefault();
    this.waiting = event.submitter;
    this.announce(this.form.dataset.saysWaiting);
  }
}

export function begin(place) {
  const cut = new Cut(place);
  cut.take(cut.input.files[0]);
}

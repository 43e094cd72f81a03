// One file on its way to the server by the tus protocol, version 1.0: begun, cut off, gone on with, taken back.
//
// new Transfer(file, { create, known, mark, headers, on }): `create` is where uploads begin, `known` the address of one that
// has begun, or "", `mark` tells the file from others. `on` has four functions: begun(address), moved(bytes),
// stopped(sentence, willTryAgain), arrived(address).
// After each failure it asks how much is there and goes on from that byte, by itself with growing pauses, and at once
// when the browser is back on the network.

const VERSION = { "Tus-Resumable": "1.0.0" };
const PART_BYTES = 16 * 1024 * 1024;
const PAUSES = [1, 2, 4, 8, 15, 30, 30];

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const isLine = (headers) => headers.get("Content-Type")?.startsWith("text/plain");

// What stops an upload for good; anything else is tried again.
class Refused extends Error {}

export class Transfer {
  constructor(file, { create, known, mark, headers, on }) {
    Object.assign(this, { file, create, address: known, mark, headers, on, failures: 0, running: false, hasArrived: false });
    this.back = () => { if (this.timer) this.run(); };
    addEventListener("online", this.back);
  }

  async run() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.running = true;
    const turn = this.turn = {};
    try {
      let offset = this.address ? await this.ask() : await this.begin();
      while (turn === this.turn && offset < this.file.size) {
        offset = await this.send(offset);
        this.failures = 0;
      }
      if (turn !== this.turn) return;
      this.end();
      this.hasArrived = true;
      this.on.arrived(this.address);
    } catch (problem) {
      if (turn === this.turn) this.fail(problem);
    }
  }

  fail(problem) {
    const pause = problem instanceof Refused ? undefined : PAUSES[this.failures++];
    this.running = pause !== undefined;
    if (this.running) this.timer = setTimeout(() => this.run(), (problem.seconds || pause) * 1000);
    this.on.stopped(problem instanceof Refused ? problem.message : "", this.running);
  }

  pause() {
    this.turn = null;
    this.running = false;
    this.failures = 0;
    clearTimeout(this.timer);
    this.timer = 0;
    this.request?.abort();
  }

  end() {
    this.running = false;
    removeEventListener("online", this.back);
  }

  // Forgets the file there too. Whether that succeeds matters to nobody: what is left over is swept.
  async drop() {
    this.pause();
    this.end();
    if (this.address) await fetch(this.address, { method: "DELETE", headers: { ...this.headers(), ...VERSION } }).catch(() => null);
  }

  async begin() {
    const metadata = `filename ${base64(this.file.name)},fingerprint ${base64(this.mark)}`;
    const headers = { ...this.headers(), ...VERSION, "Upload-Length": this.file.size, "Upload-Metadata": metadata };
    const answer = await fetch(this.create, { method: "POST", headers });
    if (answer.status !== 201) await this.refuse(answer.status, answer.headers, () => answer.text());
    this.address = answer.headers.get("Location");
    this.on.begun(this.address);
    return 0;
  }

  async ask() {
    const answer = await fetch(this.address, { method: "HEAD", headers: { ...this.headers(), ...VERSION } });
    if (answer.status === 404 || answer.status === 410) return this.begin();
    if (!answer.ok || !answer.headers.has("Upload-Offset")) await this.refuse(answer.status, answer.headers, () => "");
    const offset = Number(answer.headers.get("Upload-Offset"));
    this.on.moved(offset);
    return offset;
  }

  // fetch cannot say how much has left, so parts go by XMLHttpRequest.
  send(offset) {
    return new Promise((resolve, reject) => {
      const request = this.request = new XMLHttpRequest();
      request.open("PATCH", this.address);
      const headers = { ...this.headers(), ...VERSION, "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => this.on.moved(offset + event.loaded));
      request.addEventListener("error", () => reject(new Error("cut off")));
      request.addEventListener("abort", () => reject(new Error("paused")));
      request.addEventListener("load", () => {
        if (request.status === 204) resolve(Number(request.getResponseHeader("Upload-Offset")));
        else this.refuse(request.status, { get: (name) => request.getResponseHeader(name) }, () => request.responseText).catch(reject);
      });
      request.send(this.file.slice(offset, offset + PART_BYTES));
    });
  }

  // Too many at once, an offset that has moved, a server that starts again: all of that passes. The rest is said.
  async refuse(status, headers, read) {
    if ([409, 423, 429, 460].includes(status) || status >= 500) {
      throw Object.assign(new Error("later"), { seconds: Math.min(30, Number(headers.get("Retry-After")) || 0) });
    }
    throw new Refused(isLine(headers) ? (await read()).trim() : "");
  }
}

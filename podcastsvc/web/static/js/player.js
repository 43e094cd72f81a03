// The player: our controls over a native <audio>, which comes back if the audio fails.
//
// <podcast-player data-key data-title data-show data-artwork data-seconds data-start data-autoplay> holds an
// <audio controls>, a <template data-controls>, a <template data-dock> and a hidden [data-broken]. All words come from
// the page, so this file needs no translation. Every link on the page with ?t= jumps in place; [data-chapters] and
// [data-transcript] lists mark the row that is playing.

const BACK_SECONDS = 15;
const FORWARD_SECONDS = 30;
const ARROW_SECONDS = 5;
const SAVE_SECONDS = 5;
const WORTH_RESUMING_SECONDS = 30;
const HANDS_OFF_MS = 6000;
const SAYS_MS = 2000;

const language = document.documentElement.lang || "en";

// Storage may be switched off; then nothing is kept, and nothing breaks.
const store = {
  get(key) {
    try { return localStorage.getItem(key); } catch { return null; }
  },
  set(key, value) {
    try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* switched off */ }
  },
};

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return (hours ? `${hours}:${two(minutes)}` : minutes) + ":" + two(whole % 60);
}

// "12 minutes 34 seconds" in the page's language.
function spoken(seconds) {
  const whole = Math.floor(seconds);
  const parts = [["hour", Math.floor(whole / 3600)], ["minute", Math.floor(whole / 60) % 60], ["second", whole % 60]];
  return parts
    .filter(([unit, n]) => n || unit === "second")
    .map(([unit, n]) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(n))
    .join(" ");
}

// Seconds that a link on this page jumps to, or null where it leads elsewhere.
function target(link) {
  const url = new URL(link.href, location.href);
  const at = Number.parseFloat(url.searchParams.get("t"));
  return url.origin === location.origin && url.pathname === location.pathname && at >= 0 ? at : null;
}

function rows(list) {
  return [...document.querySelectorAll(`[${list}] a[href*="t="]`)]
    .map((link) => ({ at: target(link), row: link.closest("li"), title: link.querySelector("span")?.textContent }))
    .filter((row) => row.at !== null);
}

class PodcastPlayer extends HTMLElement {
  connectedCallback() {
    this.audio = this.querySelector("audio");
    const controls = this.querySelector("template[data-controls]");
    if (!this.audio || !controls || this.roots) return;
    this.roots = [];
    this.chapters = rows("data-chapters");
    this.lines = rows("data-transcript");
    this.fallback = this.querySelector("[data-now]").textContent;
    this.audio.insertAdjacentElement("afterend", controls.content.cloneNode(true).firstElementChild);
    this.controls = this.audio.nextElementSibling;
    this.audio.hidden = true;
    this.audio.removeAttribute("id");
    this.audio.removeAttribute("autoplay");
    this.wire(this);
    this.listen();
    this.offerResume();
    this.setSpeed(store.get("speed") || "1");
    if (Number(this.dataset.start)) this.audio.currentTime = Number(this.dataset.start);
    this.paint();
    if ("autoplay" in this.dataset) this.begin();
  }

  // ?play=1 follows one click. Without it in the address, neither a reload nor a copy of the address plays by itself.
  begin() {
    const url = new URL(location.href);
    url.searchParams.delete("play");
    history.replaceState(history.state, "", url);
    this.play();
  }

  get seconds() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : Number(this.dataset.seconds) || 0;
  }

  all(selector) {
    return this.roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  }

  wire(root) {
    this.roots.push(root);
    root.addEventListener("click", (event) => this.press(event.target.closest("[data-do]")));
    root.addEventListener("keydown", (event) => this.key(event));
    const seek = root.querySelector(".seek");
    seek.addEventListener("focus", () => {
      seek.setAttribute("aria-valuetext", seek.dataset.of.replace("{now}", spoken(this.audio.currentTime)).replace("{all}", spoken(this.seconds)));
    });
    seek.addEventListener("input", () => { this.dragging = true; this.paint(Number(seek.value)); });
    seek.addEventListener("change", () => { this.dragging = false; this.seek(Number(seek.value)); });
  }

  listen() {
    const on = (names, run, options) => names.split(" ").forEach((name) => this.audio.addEventListener(name, run, options));
    on("timeupdate durationchange seeked", () => this.dragging || this.paint());
    on("play pause ended", () => this.paintState());
    on("play", () => { this.showDock(); this.describe(); });
    on("play", () => this.startSession(), { once: true });
    on("pause", () => this.save());
    on("ended", () => store.set(this.place, null));
    on("error", () => this.giveUp());
    addEventListener("pagehide", () => this.save());
    this.querySelector("[data-speed]")?.addEventListener("change", ({ target }) => {
      this.setSpeed(target.value);
      store.set("speed", target.value);
    });
    document.addEventListener("click", (event) => this.follow(event));
    this.prepareShare(this.querySelector("[data-share]"));
    const box = document.querySelector("[data-transcript]");
    for (const name of ["wheel", "touchmove", "keydown"]) {
      box?.addEventListener(name, () => { this.handsOn = Date.now(); }, { passive: true });
    }
    const toggle = document.querySelector("[data-follow]");
    if (toggle) toggle.hidden = false;
  }

  // A plain click on a ?t= link plays from there; with a modifier it stays a link.
  follow(event) {
    const link = event.target.closest?.("a[href*='t=']");
    const at = link && target(link);
    if (this.failed || at === null || at === undefined || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.seek(at);
    this.play();
  }

  press(button) {
    const step = {
      play: () => (this.audio.paused ? this.play() : this.audio.pause()),
      back: () => this.seek(this.audio.currentTime - BACK_SECONDS),
      forward: () => this.seek(this.audio.currentTime + FORWARD_SECONDS),
      resume: () => { this.seek(this.offered); this.play(); },
      copy: () => this.copy(button),
      send: () => navigator.share({ title: this.dataset.title, url: this.address }).catch(() => { /* Thought better of it. */ }),
    }[button?.dataset.do];
    step?.();
  }

  // Letters work only while focus is in the player or the dock.
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input:not(.seek)")) return;
    const now = this.audio.currentTime;
    const page = this.seconds / 10;
    const jumps = event.target.matches(".seek")
      ? { ArrowLeft: -ARROW_SECONDS, ArrowDown: -ARROW_SECONDS, ArrowRight: ARROW_SECONDS, ArrowUp: ARROW_SECONDS, PageDown: -page, PageUp: page }
      : {};
    const run = {
      k: () => this.press({ dataset: { do: "play" } }),
      j: () => this.seek(now - BACK_SECONDS),
      l: () => this.seek(now + FORWARD_SECONDS),
      n: () => this.chapter(1),
      p: () => this.chapter(-1),
    }[event.key] ?? (event.key in jumps && (() => this.seek(now + jumps[event.key])));
    if (!run) return;
    event.preventDefault();
    run();
  }

  play() {
    // Refused when the browser wants a click first; the button then still says "Play".
    this.audio.play().catch(() => {});
  }

  seek(to) {
    const last = this.seconds ? this.seconds - 0.5 : to;
    this.audio.currentTime = Math.min(Math.max(0, to), Math.max(0, last));
    this.all(".seek").forEach((seek) => { seek.setAttribute("aria-valuetext", spoken(this.audio.currentTime)); });
    this.all('[data-do="resume"]').forEach((button) => { button.hidden = true; });
    this.paint();
  }

  chapter(step) {
    const here = this.chapters.findLastIndex(({ at }) => at <= this.audio.currentTime + 0.5);
    const next = this.chapters[Math.max(0, here + step)];
    if (next) this.seek(next.at);
  }

  setSpeed(speed) {
    const select = this.querySelector("[data-speed]");
    if (select) select.value = speed;
    this.audio.defaultPlaybackRate = this.audio.playbackRate = Number(speed) || 1;
  }

  paint(at = this.audio.currentTime) {
    const all = this.seconds;
    const text = (selector, words) => this.all(selector).forEach((place) => { if (place.textContent !== words) place.textContent = words; });
    text("[data-at]", clock(at));
    text("[data-left]", `\u2212${clock(all - at)}`);
    text("[data-clock]", `${clock(at)} / ${clock(all)}`);
    this.all(".seek").forEach((seek) => {
      seek.max = Math.max(1, Math.floor(all));
      seek.value = at;
      seek.style.setProperty("--at", `${all ? (at / all) * 100 : 0}%`);
    });
    this.mark(at);
    if (Math.abs(at - (this.saved ?? 0)) >= SAVE_SECONDS && !this.audio.paused) this.save();
  }

  mark(at) {
    const chapter = this.chapters.findLast((row) => row.at <= at + 0.3);
    const line = this.lines.findLast((row) => row.at <= at + 0.3);
    if (chapter !== this.playing) {
      this.move(this.playing, chapter);
      this.playing = chapter;
      this.describe();
    }
    this.all("[data-now]").forEach((place) => {
      const words = chapter?.title ?? this.fallback;
      if (place.textContent !== words) place.textContent = words;
    });
    if (line !== this.line && !(this.audio.paused && at === 0)) {
      this.move(this.line, line);
      this.line = line;
      if (line) this.bringIntoView(line.row);
    }
  }

  move(from, to) {
    from?.row.removeAttribute("aria-current");
    to?.row.setAttribute("aria-current", "true");
  }

  // Scrolls the transcript's box, never the page: only with the switch on, the box on screen and no hand on it.
  bringIntoView(row) {
    const box = row.closest("[data-transcript]");
    const seen = box.getBoundingClientRect();
    const wanted = document.querySelector("[data-follow] input")?.checked && Date.now() - (this.handsOn ?? 0) > HANDS_OFF_MS;
    if (wanted && seen.bottom > 0 && seen.top < innerHeight) box.scrollTop = row.offsetTop - box.clientHeight / 3;
  }

  paintState() {
    const playing = !this.audio.paused;
    this.roots.forEach((root) => root.toggleAttribute("data-playing", playing));
    this.all('[data-do="play"]').forEach((button) => { button.setAttribute("aria-label", playing ? button.dataset.pause : button.dataset.play); });
  }

  showDock() {
    const template = this.querySelector("template[data-dock]");
    if (!template || this.dock) return;
    document.body.append(template.content.cloneNode(true));
    this.dock = document.body.lastElementChild;
    this.wire(this.dock);
    this.paintState();
    this.paint();
  }

  get place() {
    return `at:${this.dataset.key}`;
  }

  save() {
    const at = this.audio.currentTime;
    this.saved = at;
    const worth = at > WORTH_RESUMING_SECONDS && at < this.seconds - WORTH_RESUMING_SECONDS;
    if (worth) store.set(this.place, String(Math.floor(at)));
  }

  offerResume() {
    const at = Number(store.get(this.place));
    const button = this.querySelector('[data-do="resume"]');
    if (!button || !at || this.dataset.start) return;
    // Playing from the start writes another position; this one stays on offer.
    this.offered = at;
    button.textContent = button.dataset.says.replace("{time}", clock(at));
    button.hidden = false;
  }

  // What the sheet shares begins at the second at which it was opened.
  prepareShare(sheet) {
    if (!sheet) return;
    sheet.addEventListener("toggle", () => {
      if (!sheet.open) return;
      const at = Math.floor(this.audio.currentTime);
      this.address = location.origin + location.pathname + (at ? `?t=${at}` : "");
      sheet.querySelector("input").value = this.address;
      sheet.querySelector("[data-mail]").href = `mailto:?subject=${encodeURIComponent(this.dataset.title)}&body=${encodeURIComponent(this.address)}`;
      sheet.querySelector('[data-do="send"]').hidden = !navigator.share;
    });
    sheet.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      sheet.open = false;
      sheet.querySelector("summary").focus();
    });
    document.addEventListener("click", (event) => { if (!sheet.contains(event.target)) sheet.open = false; });
  }

  async copy(button) {
    const words = button.querySelector("span");
    try {
      await navigator.clipboard.writeText(this.address);
    } catch {
      return button.closest("[data-share]").querySelector("input").select();
    }
    const before = words.textContent;
    if (before === button.dataset.done) return;
    words.textContent = button.dataset.done;
    setTimeout(() => { words.textContent = before; }, SAYS_MS);
  }

  startSession() {
    const session = navigator.mediaSession;
    if (!session) return;
    const now = () => this.audio.currentTime;
    const actions = {
      play: () => this.play(),
      pause: () => this.audio.pause(),
      seekbackward: (d) => this.seek(now() - (d.seekOffset || BACK_SECONDS)),
      seekforward: (d) => this.seek(now() + (d.seekOffset || FORWARD_SECONDS)),
      seekto: (d) => this.seek(d.seekTime),
    };
    if (this.chapters.length) Object.assign(actions, { previoustrack: () => this.chapter(-1), nexttrack: () => this.chapter(1) });
    for (const [name, run] of Object.entries(actions)) {
      try { session.setActionHandler(name, run); } catch { /* This browser has no such key. */ }
    }
    for (const name of ["play", "pause", "seeked", "ratechange", "durationchange"]) this.audio.addEventListener(name, () => this.tellPosition());
    this.tellPosition();
  }

  describe() {
    if (!navigator.mediaSession || this.audio.paused) return;
    const { title, show, artwork } = this.dataset;
    navigator.mediaSession.metadata = new MediaMetadata({
      title, artist: this.playing?.title ?? show, album: show, artwork: artwork ? [{ src: artwork, sizes: "640x640" }] : [],
    });
  }

  tellPosition() {
    const [duration, position, playbackRate] = [this.seconds, this.audio.currentTime, this.audio.playbackRate];
    if (duration >= position) navigator.mediaSession.setPositionState?.({ duration, position, playbackRate });
  }

  giveUp() {
    const hadFocus = this.roots.some((root) => root.contains(document.activeElement));
    this.failed = true;
    this.controls.remove();
    this.dock?.remove();
    this.toggleAttribute("data-plain", true);
    this.roots = [];
    this.audio.hidden = false;
    this.audio.id = "play";
    if (hadFocus) this.audio.focus();
    const [note, toggle] = [this.querySelector("[data-broken]"), document.querySelector("[data-follow]")];
    if (note) note.hidden = false;
    if (toggle) toggle.hidden = true;
  }
}

customElements.define("podcast-player", PodcastPlayer);

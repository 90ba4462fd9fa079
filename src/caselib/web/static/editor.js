// The form of a case, better with JavaScript: kept by itself, previewed while one writes. Without it every button works.
// What could not be kept on the server stays on this computer until it is, or until its writer drops it.

const form = document.getElementById("case");
const place = `caselib:${window.location.pathname}`;
const IDLE = 8000;
const RETRY = 20000;
const PREVIEW = 700;
// A line that answers nothing is as good as none: nobody waits longer to leave the page.
const PATIENCE = 10000;

// Entries as text for comparing: the server shows 98.20 as 98.2, which is the same number.
function comparable(entries) {
  const plain = (value) => value.normalize("NFKC").replace("−", "-").replace(/[,%]/g, "");
  const number = (value) => (Number.isNaN(Number(plain(value))) ? value : Number(plain(value)));
  return JSON.stringify(
    entries.map(([name, value]) => [name, /^metric-(before|after|change)$/.test(name) ? number(value) : value]),
  );
}

// A table of entries grows by a row. The browser's own copy of the last row is what the server made.
function growing(table) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  button.textContent = "加一行";
  const add = () => {
    const row = table.tBodies[0].lastElementChild.cloneNode(true);
    for (const field of row.querySelectorAll("input, textarea")) field.value = "";
    // None of its options may be empty, and a select without a choice is not sent.
    for (const field of row.querySelectorAll("select")) field.selectedIndex = 0;
    table.tBodies[0].append(row);
    return row;
  };
  button.addEventListener("click", () => add().querySelector("input, select").focus());
  table.closest(".scroll").after(button);
  return add;
}

const growers = new Map([...document.querySelectorAll("table[data-rows]")].map((table) => [table, growing(table)]));

class Keeper {
  constructor() {
    this.version = form.elements.version;
    this.said = document.getElementById("saved");
    this.beside = document.getElementById("beside");
    this.changes = 0;
    this.kept = 0;
    this.saving = null;
    // After a conflict only its writer can decide, with the button.
    this.stopped = "unsaved" in form.dataset;
    // What has no name is not sent: the boxes of a check list in the preview are its reader's.
    form.addEventListener("input", ({ target }) => target.name && target.type !== "file" && this.changed());
    form.addEventListener("submit", (event) => this.leave(event));
    document.addEventListener("visibilitychange", () => document.hidden && this.dirty && this.save());
    window.addEventListener("pagehide", () => this.dirty && this.store());
  }

  get dirty() {
    return this.changes > this.kept;
  }

  data() {
    const data = new FormData(form);
    for (const name of ["word", "attachment"]) data.delete(name);
    return data;
  }

  // What was typed, without what a form carries for itself.
  entries() {
    return [...this.data()]
      .filter(([name, value]) => value.trim() && !["csrf_token", "version", "settle"].includes(name))
      .map(([name, value]) => [name, value.replaceAll("\r\n", "\n").trim()]);
  }

  changed() {
    this.changes += 1;
    clearTimeout(this.previewing);
    this.previewing = setTimeout(() => this.preview(), PREVIEW);
    this.later(IDLE);
  }

  later(wait) {
    clearTimeout(this.waiting);
    if (!this.stopped) this.waiting = setTimeout(() => this.save(), wait);
  }

  save() {
    if (this.stopped || this.saving) return this.saving;
    this.saving = this.send().finally(() => (this.saving = null));
    return this.saving;
  }

  async send() {
    const upTo = this.changes;
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const headers = { Accept: "application/json" };
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: this.data(), headers, signal });
      const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
      if (!answer.ok) throw Object.assign(new Error(told.message ?? "没有保存成功。"), { status: answer.status });
      this.version.value = told.version;
      this.kept = upTo;
      if (this.dirty) this.later(IDLE);
      else localStorage.removeItem(place);
      this.say(`已自动保存（${told.at}）`);
    } catch (error) {
      this.store();
      this.stopped = error.status === 409;
      const why = error.status ? `${error.message}${error.status === 401 ? "请在另一个窗口登录。" : ""}` : "网络不通。";
      this.say(`${why}您写的内容已留在这台电脑上${this.stopped ? "，请按“保存”比较两处的文字。" : "，稍后会再试。"}`, true);
      this.later(RETRY);
    }
  }

  async preview() {
    try {
      const answer = await fetch(form.dataset.preview, {
        method: "POST",
        body: this.data(),
        headers: { Accept: "text/x-fragment" },
      });
      if (!answer.ok) return;
      const open = this.beside.querySelector("details")?.open;
      this.beside.innerHTML = await answer.text();
      this.beside.querySelector("details").open = open;
    } catch {
      // The next stroke tries again; what is shown is only older.
    }
  }

  async leave(event) {
    this.store(event.submitter?.formAction.endsWith("/word"));
    clearTimeout(this.waiting);
    if (!this.saving) {
      this.kept = this.changes;
      return;
    }
    event.preventDefault();
    const pressed = event.submitter;
    await this.saving;
    clearTimeout(this.waiting);
    this.kept = this.changes;
    form.requestSubmit(pressed);
  }

  say(text, bad = false) {
    this.said.hidden = false;
    this.said.textContent = text;
    this.said.classList.toggle("bad", bad);
  }

  // With a Word file the server is to put another body in the place of this one, so the form will differ from this.
  store(word = false) {
    const [at, version] = [new Date().toLocaleString("zh-CN"), this.version.value];
    try {
      localStorage.setItem(place, JSON.stringify({ at, version, word, entries: this.entries() }));
    } catch {
      this.say("这台电脑不能留存内容，离开前请先保存。", true);
    }
  }

  fill(entries) {
    for (const field of form.querySelectorAll("input:checked")) field.checked = false;
    const seen = new Map();
    for (const [name, value] of entries) {
      const fields = () => [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
      if (fields()[0]?.type === "checkbox") {
        const box = fields().find((each) => each.value === value);
        if (box) box.checked = true;
        continue;
      }
      const number = seen.get(name) ?? 0;
      seen.set(name, number + 1);
      if (number >= fields().length) growers.values().next().value?.();
      if (fields()[number]) fields()[number].value = value;
    }
    this.changed();
  }

  // Offer what this computer kept, if it is not what the form shows.
  offer() {
    const kept = JSON.parse(localStorage.getItem(place) ?? "null");
    if (!kept) return;
    const replaced = kept.word && Number(this.version.value) > Number(kept.version);
    if (replaced || comparable(kept.entries) === comparable(this.entries())) {
      localStorage.removeItem(place);
      return;
    }
    const notice = document.getElementById("kept");
    notice.querySelector("span").textContent = kept.at;
    notice.hidden = false;
    notice.addEventListener("click", (event) => {
      const wish = event.target.dataset.kept;
      if (!wish) return;
      if (wish === "take") this.fill(kept.entries);
      else localStorage.removeItem(place);
      notice.hidden = true;
    });
  }
}

if (form) new Keeper().offer();
else localStorage.removeItem(place);

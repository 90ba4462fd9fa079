// What makes pages better with JavaScript; every page works without it.
// Printing, passing on, reading aloud, the size of letters, suggestions while typing, filters that apply at once, contents that follow.

document.documentElement.classList.add("scripted");

const byId = (id) => document.getElementById(id);

// Printing, passing on and reading aloud ------------------------------------------------

for (const button of document.querySelectorAll('[data-do="print"]')) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Not the clipboard of today: browsers keep that from sites without https. The text stands by its button for a moment,
// where selecting it moves nothing.
function copied(text, button) {
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
  button.after(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  button.focus();
  return done;
}

// Where there is no list of people to pass a page on to, its address is copied.
for (const button of document.querySelectorAll('[data-do="share"]')) {
  const label = button.querySelector("span");
  const { title, location: { href: url } } = document;
  const copy = () => { label.textContent = copied(url, button) ? "网址已复制" : "浏览器不让复制，请复制地址栏里的网址"; };
  // Who closes the list of people has changed their mind: nothing to say.
  const share = () => navigator.share({ title, url }).catch(() => {});
  if (!navigator.share) label.textContent = "复制网址";
  button.hidden = false;
  button.addEventListener("click", navigator.share ? share : copy);
}

for (const code of document.querySelectorAll(".carry")) {
  code.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    code.open = false;
    code.querySelector("summary").focus();
  });
}

for (const button of document.querySelectorAll('[data-do="copy"]')) {
  const field = byId(button.dataset.from);
  button.hidden = false;
  button.addEventListener("click", () => {
    button.nextElementSibling.textContent = copied(field.value, button) ? "已复制" : "浏览器不让复制，请长按网址，手动复制";
  });
}

// Only voices on this device are used: a remote voice would send the text to somebody else.
function localVoice() {
  return speechSynthesis.getVoices().find((voice) => voice.localService && voice.lang.toLowerCase().startsWith("zh"));
}

function readAloud(button, source) {
  const label = button.querySelector("span");
  const stopped = () => {
    button.setAttribute("aria-pressed", "false");
    label.textContent = "朗读";
  };
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") {
      speechSynthesis.cancel();
      stopped();
      return;
    }
    const pieces = [...source.querySelectorAll("h2, h3, h4, p, li, td")]
      .filter((node) => !node.querySelector("p, li"))
      .map((node) => node.textContent.trim())
      .filter(Boolean);
    pieces.forEach((text, index) => {
      const words = new SpeechSynthesisUtterance(text);
      words.voice = localVoice();
      words.lang = "zh-CN";
      if (index === pieces.length - 1) words.addEventListener("end", stopped);
      speechSynthesis.speak(words);
    });
    button.setAttribute("aria-pressed", "true");
    label.textContent = "停止朗读";
  });
  window.addEventListener("pagehide", () => speechSynthesis.cancel());
}

const reader = document.querySelector('[data-do="read"]');
if (reader && "speechSynthesis" in window && byId("text")) {
  const offer = () => {
    if (localVoice()) reader.hidden = false;
  };
  readAloud(reader, byId("text"));
  speechSynthesis.addEventListener?.("voiceschanged", offer);
  offer();
}

// How to show pages: changed in place, so that nothing that was typed is lost ------------------------

const preferences = byId("preferences");

// The same as the server makes of a choice (preferences.py): a size ends 长者模式.
function showAs(choice) {
  const page = document.documentElement;
  const elder = choice === "elder" && page.dataset.elder === undefined;
  if (choice !== "elder") page.dataset.text = choice;
  page.toggleAttribute("data-elder", elder);
  for (const button of preferences.querySelectorAll("button")) {
    const pressed = button.value === "elder" ? elder : !elder && button.value === page.dataset.text;
    button.setAttribute("aria-pressed", String(pressed));
  }
}

// What is shown is sent, and not what was pressed: another window may have sent something meanwhile. Without a line it is
// shown all the same, and forgotten on the next page.
preferences.addEventListener("submit", (event) => {
  event.preventDefault();
  showAs(event.submitter.value);
  const { text, elder } = document.documentElement.dataset;
  const body = new URLSearchParams({ view: elder === undefined ? text : `${text}.elder` });
  fetch(preferences.action, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
});

// Where there is room, a folded part is simply there ------------------------

const roomy = window.matchMedia("(min-width: 64rem)");

function unfold() {
  for (const part of document.querySelectorAll("details.when-wide")) part.open = roomy.matches;
}

if (roomy.matches) unfold();
roomy.addEventListener("change", unfold);

// Suggestions: an ARIA combobox with a list ------------------------------------

const KINDS = { case: "案例", guide: "指南", term: "搜索", problem: "问题", industry: "行业" };

class Suggestions {
  constructor(input) {
    this.input = input;
    this.items = [];
    this.active = -1;
    this.asked = 0;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `${input.id}-suggestions`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "搜索建议");
    input.closest("form").append(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
    })) input.setAttribute(name, value);
    input.addEventListener("input", (event) => {
      if (!event.isComposing) this.later();
    });
    input.addEventListener("compositionend", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), 120);
  }

  async ask() {
    const text = this.input.value.trim();
    const number = ++this.asked;
    if (!text) return this.close();
    try {
      const answer = await fetch(`${this.input.dataset.suggest}?q=${encodeURIComponent(text)}`);
      if (number === this.asked && answer.ok) this.show(await answer.json());
    } catch {
      this.close();
    }
  }

  show(items) {
    this.items = items;
    this.active = -1;
    this.list.replaceChildren(
      ...items.map((item, index) => {
        const option = document.createElement("li");
        option.id = `${this.list.id}-${index}`;
        option.dataset.index = index;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const words = document.createElement("span");
        words.textContent = item.text;
        const kind = document.createElement("small");
        kind.textContent = KINDS[item.kind] ?? "";
        option.append(words, kind);
        return option;
      }),
    );
    this.list.hidden = items.length === 0;
    this.input.setAttribute("aria-expanded", String(items.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.show([]);
  }

  mark(index) {
    this.active = (index + this.items.length) % this.items.length;
    [...this.list.children].forEach((option, number) =>
      option.setAttribute("aria-selected", String(number === this.active)),
    );
    const option = this.list.children[this.active];
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing || !this.items.length) return;
    if (event.key === "ArrowDown") this.mark(this.active + 1);
    else if (event.key === "ArrowUp") this.mark(this.active < 0 ? this.items.length - 1 : this.active - 1);
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.active);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  choose(index) {
    const item = this.items[index];
    if (item.kind !== "term") {
      window.location.assign(item.url);
      return;
    }
    this.input.value = item.text;
    this.close();
    this.input.form.requestSubmit();
  }
}

for (const input of document.querySelectorAll("input[data-suggest]")) new Suggestions(input);

// Filters that apply at once ------------------------------------------------

const results = byId("results");

// Choosing a code inside another narrows; choosing the one above widens: never both at once.
function settle(box) {
  if (!box.checked) return;
  const item = box.closest("li");
  for (const inner of item.querySelectorAll(":scope li input:checked")) inner.checked = false;
  for (let above = item.parentElement.closest("li"); above; above = above.parentElement.closest("li")) {
    const outer = above.querySelector(":scope > label input");
    if (outer) outer.checked = false;
  }
}

// On a narrow screen the results are far below the filters: a button that stays in sight says how many there are and leads there.
function offerResults() {
  const button = results.querySelector("#filters .apply button");
  if (button && !roomy.matches) button.textContent = `看${byId("found").textContent.trim().replace(/^(找到|共) /, "这 ")}`;
}

let asked = new AbortController();
let shown = window.location.pathname + window.location.search;

const lost = document.createElement("p");
lost.className = "notice warning";
lost.setAttribute("role", "alert");
lost.textContent = "没有连上网，筛选没有生效，请再点一次。";

// Without a line the results stay, with the boxes as they were served, and it is said where one was ticked.
function keep(form, chosen) {
  form.reset();
  results.removeAttribute("aria-busy");
  chosen.closest("label").after(lost);
}

// The last tick counts: an answer to one before it, however late, would show what is not ticked any more.
async function apply(form, chosen) {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  const pairs = [...new FormData(form)].filter(([, value]) => value !== "");
  const address = `${form.getAttribute("action")}${pairs.length ? `?${new URLSearchParams(pairs)}` : ""}`;
  let answer, html;
  lost.remove();
  results.setAttribute("aria-busy", "true");
  try {
    answer = await fetch(address, { headers: { Accept: "text/html" }, signal });
    html = await answer.text();
  } catch {
    if (!signal.aborted) keep(form, chosen);
    return;
  }
  const page = new DOMParser().parseFromString(html, "text/html");
  if (!answer.ok || !page.getElementById("results")) {
    window.location.assign(address);
    return;
  }
  show(page, chosen);
  history.pushState({ results: true }, "", address);
  shown = window.location.pathname + window.location.search;
}

function show(page, chosen) {
  const fresh = page.getElementById("results");
  const opened = [...results.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent.trim());
  for (const summary of fresh.querySelectorAll("details > summary")) {
    if (opened.includes(summary.textContent.trim())) summary.parentElement.open = true;
  }
  const [before, after] = [results, fresh].map((part) => part.querySelector(".filters > details"));
  if (before && after) after.open = before.open;
  const said = byId("said");
  const stood = chosen.getBoundingClientRect().top;
  results.replaceChildren(...fresh.childNodes);
  results.removeAttribute("aria-busy");
  document.title = page.title;
  said.textContent = byId("found").textContent;
  for (const input of results.querySelectorAll("input[data-suggest]")) new Suggestions(input);
  const same = (box) => box.name === chosen.name && box.value === chosen.value;
  const box = [...results.querySelectorAll("#filters input[type=checkbox]")].find(same);
  offerResults();
  if (!box) return;
  box.focus({ preventScroll: true });
  window.scrollBy({ top: box.getBoundingClientRect().top - stood, behavior: "instant" });
}

if (results) {
  const said = document.createElement("p");
  said.id = "said";
  said.className = "unseen";
  said.setAttribute("role", "status");
  results.after(said);
  results.addEventListener("change", (event) => {
    const form = event.target.closest("#filters");
    if (!form) return;
    settle(event.target);
    apply(form, event.target);
  });
  results.addEventListener("submit", (event) => {
    if (event.target.id !== "filters" || roomy.matches) return;
    event.preventDefault();
    results.querySelector(".filters > details").open = false;
    byId("found").focus();
  });
  offerResults();
  // A link to a part of this page comes here too.
  window.addEventListener("popstate", () => {
    if (window.location.pathname + window.location.search !== shown) window.location.reload();
  });
}

// The table of contents follows the reader -------------------------------------

const toc = document.querySelector(".toc");
if (toc && "IntersectionObserver" in window) {
  const links = new Map([...toc.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const seen = new Set();
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target.id);
      const current = [...links.keys()].find((id) => seen.has(id));
      if (!current) return;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(current).setAttribute("aria-current", "true");
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const id of links.keys()) {
    const heading = byId(id);
    if (heading) watch.observe(heading);
  }
}

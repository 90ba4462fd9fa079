// The score form with JavaScript: the total while typing, 无法评价 takes the number out, nothing typed is left by mistake.

const form = document.querySelector(".scoring");
const criteria = [...form.querySelectorAll(".criterion")];
const sum = document.getElementById("sum");
const judged = document.getElementById("judged");

// 100 × Σ weight·score ÷ Σ weight·max over the criteria that are scored, as the server counts it.
function show() {
  let got = 0;
  let possible = 0;
  let count = 0;
  for (const each of criteria) {
    const score = each.querySelector('input[type="number"]');
    const unable = each.querySelector('input[type="checkbox"]').checked;
    each.classList.toggle("off", unable);
    if (unable || score.value !== "") count += 1;
    if (unable || score.value === "" || !score.validity.valid) continue;
    const weight = Number(each.dataset.weight);
    got += weight * Number(score.value);
    possible += weight * Number(each.dataset.max);
  }
  if (judged) judged.textContent = count.toString();
  sum.hidden = !possible;
  sum.querySelector("output").textContent = possible ? (Math.round((1000 * got) / possible) / 10).toString() : "";
}

// Where nothing can be scored any more, what was given is only shown.
if (criteria.length) {
  let touched = Boolean(document.querySelector(".notice.error"));
  form.addEventListener("input", () => {
    touched = true;
    show();
  });
  form.addEventListener("submit", () => {
    touched = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (touched) event.preventDefault();
  });
  // Turning the wheel over a focused number would change it unseen.
  for (const score of form.querySelectorAll('input[type="number"]')) {
    score.addEventListener("wheel", () => score.blur());
  }
  show();
}

"use strict";
// Tables: sort by a click on a heading, filter, turn over leaves. Without this script all rows are there.
const words = document.body.dataset;
const ROWS_A_LEAF = 25;
const FILTER_FROM = 12; // rows: fewer are seen at a glance

function plainly(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function compare(a, b, column, descending) {
  const [left, right] = [a, b].map((row) => row.cells[column].dataset.sortValue);
  if (left === "" || right === "") return (left === "") - (right === "");
  const difference = isNaN(left) || isNaN(right)
    ? left.localeCompare(right, document.documentElement.lang, { numeric: true })
    : left - right;
  return descending ? -difference : difference;
}

function button(label, action, text = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}

function enrich(frame) {
  const table = frame.querySelector("table");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  if (rows.length < 2) return;
  let wanted = "", first = 0;
  const leaves = rows.length > ROWS_A_LEAF ? leavesOf(frame, (step) => { first += step * ROWS_A_LEAF; show(); }) : null;

  function show() {
    const found = [...body.rows].filter((row) => {
      row.hidden = !plainly(row.textContent).includes(wanted);
      return !row.hidden;
    });
    const last = first + ROWS_A_LEAF;
    found.forEach((row, place) => row.classList.toggle("other-leaf", Boolean(leaves) && (place < first || place >= last)));
    const shown = { from: Math.min(first + 1, found.length), to: Math.min(last, found.length), all: found.length };
    if (leaves) leaves(shown);
  }

  table.tHead.querySelectorAll("th").forEach((heading, column) => {
    const sort = () => {
      const now = heading.getAttribute("aria-sort");
      const descending = now === "ascending" || (heading.classList.contains("number") && now !== "descending");
      table.tHead.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      body.append(...[...body.rows].sort((a, b) => compare(a, b, column, descending)));
      first = 0;
      show();
    };
    // The words stay beside the button: within it they would be missing where a printed head repeats.
    heading.append(button(`${words.sort} ${heading.textContent}`, (event) => { event.stopPropagation(); sort(); }));
    heading.addEventListener("click", sort);
  });
  if (rows.length >= FILTER_FROM) {
    const filter = document.createElement("input");
    filter.type = "search";
    filter.placeholder = words.filter;
    filter.setAttribute("aria-label", `${words.filter}: ${table.caption.textContent}`);
    filter.addEventListener("input", () => { wanted = plainly(filter.value.trim()); first = 0; show(); });
    frame.prepend(filter);
  }
  show();
}

function leavesOf(frame, turn) {
  const bar = document.createElement("div");
  const place = document.createElement("span");
  const [back, on] = [button(words.back, () => turn(-1), "‹"), button(words.on, () => turn(1), "›")];
  bar.className = "leaves";
  place.setAttribute("role", "status");
  bar.append(back, place, on);
  frame.querySelector(".scroll").after(bar);
  return ({ from, to, all }) => {
    place.textContent = `${from}–${to} ${words.of} ${all}`;
    back.disabled = from <= 1;
    on.disabled = to >= all;
  };
}

document.querySelectorAll("div.table").forEach(enrich);

const outline = document.querySelector("details.outline");
const roomy = window.matchMedia("(min-width: 70rem)");
if (outline) outline.open = roomy.matches;

// Open what is folded before printing.
let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((details) => { details.open = true; });
});
window.addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));

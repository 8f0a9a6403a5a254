"use strict";
// Sort tables by a click on a heading; open what is folded before printing; unfold the outline where there is room.
for (const table of document.querySelectorAll("div.table table")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    // The words stay beside the button: within it they would be missing where a printed head repeats.
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", heading.textContent);
    heading.append(button);
    heading.addEventListener("click", () => {
      const descending = heading.getAttribute("aria-sort") === "ascending"
        || (heading.classList.contains("number") && heading.getAttribute("aria-sort") !== "descending");
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      body.append(...[...body.rows].sort((a, b) => compare(a, b, column, descending)));
    });
  });
}

function compare(a, b, column, descending) {
  const [left, right] = [a, b].map((row) => row.cells[column].dataset.sortValue);
  if (left === "" || right === "") return (left === "") - (right === "");
  const difference = isNaN(left) || isNaN(right)
    ? left.localeCompare(right, document.documentElement.lang, { numeric: true })
    : left - right;
  return descending ? -difference : difference;
}

const outline = document.querySelector("details.outline");
const roomy = window.matchMedia("(min-width: 70rem)");
if (outline) outline.open = roomy.matches;

let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((details) => { details.open = true; });
});
window.addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));

// What does not fit: returns one line for each text that is cut or sticks out, and for a page that scrolls sideways.
() => {
  const slack = 1; // px: widths are rounded
  const faults = [];
  const name = (element) => {
    const words = element.textContent.trim().replace(/\s+/g, " ").slice(0, 50);
    return `${element.localName}${element.className ? "." + [...element.classList].join(".") : ""} “${words}”`;
  };
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} px wide on ${root.clientWidth}`);

  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".skip");
  for (const element of document.querySelectorAll("body *")) {
    if (!shown(element) || element.closest("svg")) continue;
    const style = getComputedStyle(element);
    const cuts = (overflow) => overflow === "hidden" || overflow === "clip";
    const wide = cuts(style.overflowX) && element.scrollWidth > element.clientWidth + slack;
    const high = cuts(style.overflowY) && element.scrollHeight > element.clientHeight + slack;
    if (wide || high) faults.push(`cut: ${name(element)}`);
  }

  const flows = new Set(["inline", "contents"]);
  const box = (element) => {
    while (flows.has(getComputedStyle(element).display)) element = element.parentElement;
    return element;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const sticking = new Set();
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.data.trim() || !shown(node.parentElement)) continue;
    if (node.parentElement.closest("script, style, pre")) continue; // lines of code scroll, they do not wrap
    const home = box(node.parentElement);
    const range = document.createRange();
    range.selectNodeContents(node);
    for (let frame = home, steps = 0; frame !== document.body && steps < 3; frame = frame.parentElement, steps += 1) {
      if (["auto", "scroll"].includes(getComputedStyle(frame).overflowX)) break; // there the reader can follow the text
      const { left, right } = frame.getBoundingClientRect();
      const out = [...range.getClientRects()].some((line) => line.right > right + slack || line.left < left - slack);
      if (out) sticking.add(home);
      if (getComputedStyle(frame).display.startsWith("table-cell")) break; // rows are as wide as their table
    }
  }
  for (const element of sticking) faults.push(`sticks out: ${name(element)}`);
  return faults;
}

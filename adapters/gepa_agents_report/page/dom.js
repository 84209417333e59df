// Elements and texts. Text from a run becomes text nodes only, never markup.

/** An element with attributes, listeners (`onclick`) and children; what is null or false is left out. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : spelled(String(value)));
  }
  append(element, children);
  return element;
}

/** The same for SVG. */
function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, spelled(String(value)));
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(3)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

const numbered = (letter) => "U+" + letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

/** The same for places that hold no nodes: titles, labels. */
const spelled = (text) => text.replace(CONTROLS, numbered);

/** Text as nodes in which characters that can't be seen, or turn the direction, are shown by their number. */
function visible(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(CONTROLS)) {
    if (match[0] === "\r") continue;
    nodes.push(text.slice(from, match.index), h("span", { class: "control" }, numbered(match[0])));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes;
}

/** A name or a short text within a line. */
function name(text, most = 120) {
  const short = text.length > most ? text.slice(0, most) + "…" : text;
  return h("bdi", { dir: "auto" }, visible(short));
}

/** A text of any length as a block; of a long one the beginning, and a button for the rest. */
function block(text, most = 700) {
  const pre = h("pre", { class: "text", dir: "auto" });
  if (text.length <= most * 1.2) {
    pre.append(...visible(text));
    return pre;
  }
  let open = false;
  const more = h("button", { type: "button", "aria-expanded": "false", onclick: () => { open = !open; show(); } });
  const show = () => {
    pre.replaceChildren(...visible(open ? text : text.slice(0, most) + " …"));
    more.textContent = open ? "Show less" : `Show all ${count(text.length)} characters`;
    more.setAttribute("aria-expanded", String(open));
  };
  show();
  return h("div", {}, pre, more);
}

/** A table in a region that scrolls by itself and by keyboard. */
function table(caption, heads, rows, numeric = []) {
  const side = (index) => (numeric.includes(index) ? "number" : null);
  return h("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
    h("table", { class: "wide" }, h("caption", {}, caption),
      h("thead", {}, h("tr", {}, heads.map((head, index) => h("th", { scope: "col", class: side(index) }, head)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, index) =>
        index ? h("td", { class: side(index) }, cell) : h("th", { scope: "row", class: side(0) }, cell)))))));
}

/** A labelled choice. */
function choice(id, label, options, value, change) {
  const select = h("select", { id, onchange: () => change(select.value) },
    options.map(([key, text]) => h("option", { value: key, selected: String(key) === String(value) }, text)));
  return h("label", { for: id }, label, select);
}

/** A labelled box to tick. */
function tick(id, label, value, change) {
  const box = h("input", { type: "checkbox", id, checked: value, onchange: () => change(box.checked) });
  return h("label", { for: id }, box, label);
}

const count = (value) => value.toLocaleString("en-US");
const figure = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
const money = (usd) => "$" + (usd > 0 && usd < 0.01 ? usd.toFixed(4) : usd.toFixed(2));
const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Dollars as exactly as they are known. */
function paid(usd, unpriced) {
  if (!unpriced) return money(usd);
  return usd ? `${money(usd)} or more` : "price not known";
}

/** A difference with a sign and an arrow, so that colour alone says nothing. */
function change(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const way = value > 0 ? "gain" : value < 0 ? "loss" : "";
  return h("span", { class: way }, (value > 0 ? "▲ +" : value < 0 ? "▼ −" : "= ") + Math.abs(value).toFixed(3));
}

/** Tell a screen reader what has changed. */
function tell(sentence) {
  document.getElementById("status").textContent = spelled(sentence);
}

// Two texts compared sentence by sentence, so that a new line break alone is no change.

const ENDS = /(?<=[.!?])[ \t]+(?=[\p{Lu}\p{Lo}])|(?<=[。！？])/u;

/** The sentences of a text; what has no sentences goes by lines. */
const sentences = (whole) => whole.split("\n").flatMap((line) => line.split(ENDS));

/** The sentences of both texts with a sign: gone, new, or as they were. */
function compared(before, after) {
  const a = sentences(before), b = sentences(after);
  if (a.length * b.length > 1e6) return [...a.map((one) => ["-", one]), ...b.map((one) => ["+", one])];
  const same = (i, j) => a[i].trim() === b[j].trim();
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) {
    length[i][j] = same(i, j) ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
  }
  const found = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && same(i, j)) { found.push([" ", b[j]]); i++; j++; }
    else if (j >= b.length || (i < a.length && length[i + 1][j] >= length[i][j + 1])) found.push(["-", a[i++]]);
    else found.push(["+", b[j++]]);
  }
  return found;
}

/** The difference as rows; `beside` gives what stands under a new sentence. */
function difference(before, after, beside) {
  const found = compared(before, after).filter(([sign, one]) => sign === " " || one.trim());
  const rows = [];
  for (let at = 0; at < found.length; at++) {
    let end = at;
    while (end < found.length && found[end][0] === " ") end++;
    if (end - at > 6) {
      const hidden = found.slice(at + 2, end - 2);
      rows.push(found.slice(at, at + 2).map((one) => sentence(one)),
        h("details", {}, h("summary", {}, `${count(hidden.length)} sentences as they were`), hidden.map((one) => sentence(one))),
        found.slice(end - 2, end).map((one) => sentence(one)));
      at = end - 1;
    } else rows.push(sentence(found[at], beside));
  }
  const moved = before !== after && !found.some(([sign]) => sign !== " ");
  return [moved && h("p", {}, "Only spaces or line breaks differ."),
    h("div", { class: "diff", role: "group", "aria-label": "Difference, sentence by sentence" }, rows)];
}

function sentence([sign, one], beside) {
  const [tag, said] = { " ": ["span", ""], "+": ["ins", "new: "], "-": ["del", "gone: "] }[sign];
  const shown = one.length > 4000 ? one.slice(0, 4000) + " …" : one || "\u00a0";
  return [h(tag, { dir: "auto" }, said && h("span", { class: "unseen" }, said), visible(shown)),
    sign === "+" && beside ? beside(one.trim()) : null];
}

// One candidate: what it scores and what it changes, text by text.

function configuration() {
  const one = run.candidates[state.candidate];
  const parent = state.against === "parent" && one.parents.length ? one.parents[0] : 0;
  const changed = run.graph.components.filter((component) => textOf(one.number, component) !== textOf(parent, component));
  return [h("h3", { id: "shown", tabindex: "-1" }, `Configuration ${titled(one.number)}`),
    h("div", { class: "bar" },
      choice("configuration-of", "Show", run.candidates.map((other) => [other.number, titled(other.number)]), one.number, (value) => pick(Number(value))),
      one.parents.length ? choice("against", "against", [["agent", "the agent as it stands"], ["parent", `its parent ${called(one.parents[0])}`]],
        state.against, (value) => { state.against = value; redraw("configuration"); }) : null),
    h("p", {}, `Mean on val ${figure(one.mean)}, run on ${one.known || "some"} of its tasks.`,
      one.number && one.why ? [" Why these texts were chosen: ", name(one.why, 600), "."] : null),
    one.flags.map((flag) => h("p", { class: "note" }, "To be looked at: ", name(flag, 600))),
    changed.length ? null : h("p", {}, one.number === parent ? "These are the agent's own texts; nothing is changed." : "No text differs."),
    changed.map((component) => [h("h4", {}, name(component.name)),
      difference(textOf(parent, component), textOf(one.number, component))]),
    h("details", { "data-key": "whole" }, h("summary", {}, "All its texts in full"),
      run.graph.components.map((component) => [h("h4", {}, name(component.name)), block(textOf(one.number, component), 3000)]))];
}

/** The lines of two texts, those that went and those that came marked by sign and by element. */
function difference(before, after) {
  const lines = compared(before.split("\n"), after.split("\n"));
  const said = { " ": "span", "+": "ins", "-": "del" };
  return h("div", { class: "diff", role: "group", "aria-label": "Difference, line by line" }, lines.map(([sign, line]) =>
    h(said[sign], { dir: "auto" }, visible(line.length > 4000 ? line.slice(0, 4000) + " …" : line || "\u00a0"))));
}

/** Longest common subsequence of lines; very long texts stand one after the other. */
function compared(a, b) {
  if (a.length * b.length > 1e6) return [...a.map((line) => ["-", line]), ...b.map((line) => ["+", line])];
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) {
    length[i][j] = a[i] === b[j] ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
  }
  const lines = [];
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { lines.push([" ", a[i]]); i++; j++; }
    else if (j >= b.length || (i < a.length && length[i + 1][j] >= length[i][j + 1])) lines.push(["-", a[i++]]);
    else lines.push(["+", b[j++]]);
  }
  return lines;
}

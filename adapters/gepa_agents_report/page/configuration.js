// One candidate: what it scores and what it changes, sentence by sentence, with what each sentence did.

function configuration() {
  const one = run.candidates[state.candidate];
  const before = state.against === "parent" && one.parents.length ? one.parents[0] : 0;
  const changed = run.graph.components.filter((component) => textOf(one.number, component) !== textOf(before, component));
  const added = changed.flatMap((component) => compared(textOf(before, component), textOf(one.number, component))
    .filter(([sign]) => sign === "+").map(([, said]) => said.trim()));
  const fixed = fixes(before, one.number, added);
  return [h("h2", { id: "shown", tabindex: "-1" }, one.number ? `What changed: ${titled(one.number)}` : "The agent as it stands"),
    h("p", { class: "about" }, "Under each new sentence: the candidate that brought it, and the tasks that score higher and whose feedback " +
      "spoke of it before and does so no more. That is matched by words: a strong hint, not a proof, for sentences that came together were tried together."),
    h("div", { class: "bar" },
      choice("configuration-of", "Show", run.candidates.map((other) => [other.number, titled(other.number)]), one.number, (value) => pick(Number(value), false)),
      one.parents.length ? choice("against", "against", [["agent", "the agent as it stands"], ["parent", `its parent ${called(one.parents[0])}`]],
        state.against, (value) => { state.against = value; redraw("configuration"); }) : null),
    one.flags.map((flag) => h("p", { class: "note" }, "To be looked at: ", name(flag, 600))),
    changed.length ? null : h("p", {}, one.number === before ? "These are the agent's own texts; nothing is changed." : "No text differs."),
    changed.map((component) => [h("h3", { id: `text-${run.graph.components.indexOf(component)}`, tabindex: "-1" }, name(component.name)),
      difference(textOf(before, component), textOf(one.number, component), origin(one.number, before, component, fixed))]),
    way(one.number),
    one.number && one.why ? h("p", {}, "Why these texts were rewritten last: ", name(one.why, 600), ".") : null,
    h("details", { "data-key": "whole" }, h("summary", {}, "All its texts in full"),
      run.graph.components.map((component) => [h("h3", {}, name(component.name)), block(textOf(one.number, component), 3000)]))];
}

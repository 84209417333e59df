// The verdict in figures: test, val and what it is worth, cost.

function verdict() {
  const { verdict: v } = run;
  const total = run.ledger.at(-1);
  const accepted = run.decisions.filter((one) => one.event === "accepted").length;
  const proposed = accepted + run.decisions.filter((one) => one.event === "rejected").length;
  const figures = [];
  if (v.test) figures.push(["Mean score on test: before → tuned", `${figure(v.test.baseline)} → ${figure(v.test.tuned)}`,
    `${plural(v.test.tasks, "task")} the search never saw: the honest figure`]);
  if (run.finished && run.chosen === 0 && v.val_before !== null) figures.push(["Mean score on val, as it stands", figure(v.val_before), "no candidate did better"]);
  else if (v.val_before !== null) figures.push(["Mean score on val: before → " + (run.finished ? "tuned" : "best so far"),
    `${figure(v.val_before)} → ${figure(v.val_after)}`, "too high: the tuned one was chosen for it" +
    (v.expected === null ? "" : `. Corrected for that: ${figure(v.expected)}`)]);
  if (total) figures.push(["Cost", paid(total.usd, total.unpriced), `${plural(run.rollouts, "rollout")}, ` +
    `${plural(run.reflected, "reflection")}, ${count(total.input_tokens + total.output_tokens)} tokens` +
    (total.unpriced ? `; no price is known for ${plural(total.unpriced, "call")}` : "") +
    (run.seconds === null ? "" : `; ${duration(run.seconds)}`)]);
  figures.push(["Search", `${accepted} of ${plural(proposed, "proposal")} kept`, "each a rewrite of the agent's texts, tried on tasks" + (v.stopped ? `; ended: ${v.stopped.detail}` : "")]);
  return [h("h2", {}, "The verdict in figures"),
    h("p", { class: "about" }, "Scores are means over tasks; higher is better. Only the test tells how good the tuned agent is: val is what the search looked at."),
    h("dl", { class: "figures" }, figures.map(([term, value, small]) =>
      h("div", {}, h("dt", {}, term), h("dd", {}, value, h("small", {}, small))))),
    h("div", { class: "two" }, v.test && interval(v.test), glossary()),
    !run.finished && h("p", { class: "note" }, "This run is not finished. What stands here is what it has decided so far."),
    run.left_out.map((sentence) => h("p", { class: "note" }, sentence))];
}

const duration = (seconds) => seconds < 90 ? `${seconds.toFixed(0)} seconds` : seconds < 5400
  ? `${(seconds / 60).toFixed(0)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;

/** The interval of the difference on a line, with zero marked. */
function interval(test) {
  const low = Math.min(test.low, 0), high = Math.max(test.high, 0), span = high - low || 1;
  const x = (value) => 54 + ((value - low) / span) * 350;
  const mark = (value, y, label, kind) => s("text", { x: x(value), y, "text-anchor": "middle", class: kind }, label);
  // The ends stand outwards of the line, so that they can't run into each other; one that is at zero is left out.
  const end = (value, anchor) => Math.abs(x(value) - x(0)) < 40 ? null
    : s("text", { x: x(value), y: 64, "text-anchor": anchor, class: "small" }, sign(value));
  const ends = () => x(test.high) - x(test.low) < 60 ? [end(test.low, "end"), end(test.high, "start")]
    : [end(test.low, "middle"), end(test.high, "middle")];
  const sign = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);
  return h("figure", {}, h("figcaption", {}, "Difference on test, with its 95 % interval"),
    s("svg", { class: "scale", viewBox: "0 0 460 74", role: "img",
      "aria-label": `Difference ${sign(test.difference)}, 95 % interval ${sign(test.low)} to ${sign(test.high)}` },
      s("line", { x1: 40, x2: 418, y1: 36, y2: 36, stroke: "var(--rule)" }),
      s("line", { x1: x(0), x2: x(0), y1: 24, y2: 48, stroke: "var(--soft)", "stroke-dasharray": "3 3" }),
      mark(0, 64, "0", "small"),
      s("line", { x1: x(test.low), x2: x(test.high), y1: 36, y2: 36, stroke: "var(--accent)", "stroke-width": 6, "stroke-linecap": "round" }),
      s("circle", { cx: x(test.difference), cy: 36, r: 7, fill: "var(--paper)", stroke: "var(--accent)", "stroke-width": 3 }),
      mark(test.difference, 18, sign(test.difference), ""),
      ends()));
}

/** The few words of this field, for who meets them first. */
function glossary() {
  const meanings = [["score", "what your metric gives for one task, as a rule between 0 and 1"],
    ["rollout", "one run of the agent on one task"],
    ["candidate", "one set of texts for the agent, numbered; #0 is the agent as it stands"],
    ["train, val, test", "three parts of your tasks: texts are rewritten from what went wrong on train, chosen by val, and judged once on test"],
    ["reflection", "a language model reads what went wrong and writes a better text"],
    ["mutation, merge", "a candidate with rewritten texts; one that joins the texts of two"],
    ["frontier", "candidates that are best at something: on some task, or in some objective"]];
  return h("details", { "data-key": "words", class: "words", open: matchMedia("(min-width: 60rem)").matches }, h("summary", {}, "What the words mean"),
    h("dl", {}, meanings.map(([word, meaning]) => [h("dt", {}, word), h("dd", {}, meaning)])));
}

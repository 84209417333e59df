// The verdict in figures: test, val and what it is worth, cost.

function verdict() {
  const { verdict: v } = run;
  const total = run.ledger.at(-1);
  const figures = [];
  if (v.test) figures.push(["Test: baseline → tuned", `${figure(v.test.baseline)} → ${figure(v.test.tuned)}`,
    `${plural(v.test.tasks, "task")} that nothing was tuned on: the honest figure`]);
  if (v.val_before !== null) figures.push(["Val: baseline → " + (run.finished ? "tuned" : "best so far"),
    `${figure(v.val_before)} → ${figure(v.val_after)}`, "too high: it was chosen for being high" +
    (v.expected === null ? "" : `. Corrected for that: ${figure(v.expected)}`)]);
  if (total) figures.push(["Cost", paid(total.usd, total.unpriced), `${plural(run.rollouts, "rollout")}, ` +
    `${plural(run.reflected, "reflection")}, ${count(total.input_tokens + total.output_tokens)} tokens` +
    (total.unpriced ? `; no price is known for ${plural(total.unpriced, "call")}` : "") +
    (run.seconds === null ? "" : `; ${duration(run.seconds)}`)]);
  figures.push(["Search", plural(run.candidates.length, "candidate"),
    `${plural(run.decisions.length ? run.decisions.length - 1 : 0, "decision")}` + (v.stopped ? `; ended: ${v.stopped.detail}` : "")]);
  return [h("h2", {}, "The verdict in figures"),
    h("p", { class: "about" }, "Only the test tells how good the tuned agent is. Val is what the search looked at."),
    h("dl", { class: "figures" }, figures.map(([term, value, small]) =>
      h("div", {}, h("dt", {}, term), h("dd", {}, value, h("small", {}, small))))),
    v.test && interval(v.test),
    !run.finished && h("p", { class: "note" }, "This run is not finished. What stands here is what it has decided so far."),
    run.left_out.map((sentence) => h("p", { class: "note" }, sentence))];
}

const duration = (seconds) => seconds < 90 ? `${seconds.toFixed(0)} seconds` : seconds < 5400
  ? `${(seconds / 60).toFixed(0)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;

/** The interval of the difference on a line, with zero marked. */
function interval(test) {
  const low = Math.min(test.low, 0), high = Math.max(test.high, 0), span = high - low || 1;
  const x = (value) => 34 + ((value - low) / span) * 350;
  const mark = (value, y, label, kind) => s("text", { x: x(value), y, "text-anchor": "middle", class: kind }, label);
  const sign = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);
  return h("figure", {}, h("figcaption", {}, "Difference on test, with its 95 % interval"),
    s("svg", { class: "scale", viewBox: "0 0 420 74", role: "img",
      "aria-label": `Difference ${sign(test.difference)}, 95 % interval ${sign(test.low)} to ${sign(test.high)}` },
      s("line", { x1: 18, x2: 402, y1: 36, y2: 36, stroke: "var(--rule)" }),
      s("line", { x1: x(0), x2: x(0), y1: 24, y2: 48, stroke: "var(--soft)", "stroke-dasharray": "3 3" }),
      mark(0, 64, "0", "small"),
      s("line", { x1: x(test.low), x2: x(test.high), y1: 36, y2: 36, stroke: "var(--accent)", "stroke-width": 6, "stroke-linecap": "round" }),
      s("circle", { cx: x(test.difference), cy: 36, r: 7, fill: "var(--paper)", stroke: "var(--accent)", "stroke-width": 3 }),
      mark(test.difference, 18, sign(test.difference), ""),
      mark(test.low, 64, Math.abs(x(test.low) - x(0)) < 46 ? "" : sign(test.low), "small"),
      mark(test.high, 64, Math.abs(x(test.high) - x(0)) < 46 ? "" : sign(test.high), "small")));
}

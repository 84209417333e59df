// Reflections with what they read, the ledger, and what it takes to repeat the run.

function reflections() {
  const by = new Map();
  run.reflections.forEach((one) => by.set(one.iteration, [...(by.get(one.iteration) ?? []), one]));
  const decisions = new Map(run.decisions.map((one) => [one.iteration, one]));
  return [h("h2", {}, "Reflections"),
    h("p", { class: "about" }, "What the reflection model was shown, to the letter, and what it wrote."),
    by.size ? [...by].map(([iteration, asked]) => reflection(decisions.get(iteration), iteration, asked)) : h("p", {}, "The reflection model was not asked yet.")];
}

function reflection(decision, iteration, asked) {
  const came = !decision ? "not decided yet" : decision.event === "rejected" ? `rejected: ${REASONS[decision.reason] ?? decision.reason}` : decision.event;
  const details = h("details", { "data-key": `reflection-${iteration}` }, h("summary", {}, `Decision ${iteration}, ${came} `,
    h("span", { class: "quiet" }, name(decision?.component ?? ""), asked.length > 1 ? ` · ${asked.length} prompts` : "")));
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    if (decision?.why) details.append(h("p", {}, "Why these texts: ", name(decision.why, 600)));
    if (decision?.detail) details.append(h("p", {}, "What came of it: ", name(decision.detail, 600)));
    asked.forEach((one, index) => details.append(h("div", { class: "two" },
      h("div", {}, h("h3", {}, `Prompt ${index + 1}, with its evidence`), block(text(one.prompt), 1600)),
      h("div", {}, h("h3", {}, "Answer"), block(text(one.answer), 1600)))));
  });
  return details;
}

function ledger() {
  return [h("h2", {}, "Ledger"),
    h("p", { class: "about" }, `${plural(run.rollouts, "rollout")} and ${plural(run.reflected, "reflection")}` +
      (run.seconds === null ? " so far." : ` in ${duration(run.seconds)}.`) + " Where a price is not known, dollars are a lower bound."),
    run.ledger.length ? table("Model calls and what they cost", ["What", "Calls", "Tokens in", "Tokens out", "Dollars", "Calls without a price"],
      run.ledger.map((one) => [one.name, count(one.calls), count(one.input_tokens), count(one.output_tokens), paid(one.usd, one.unpriced), count(one.unpriced)]), [1, 2, 3, 4, 5]) : null];
}

function repeat() {
  const plain = (value) => (value === null ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value));
  const rows = (record) => Object.entries(record ?? {}).map(([key, value]) => [name(key), name(plain(value), 400)]);
  return [h("h2", {}, "Repeat it"),
    h("p", { class: "about" }, "The same seed, tasks, models and versions give the same search, as far as the models do."),
    h("div", { class: "two" },
      h("div", {}, table("Run", ["What", "Value"], rows({ agent: run.agent, "reflection model": run.reflection_lm, "fingerprint of the tasks": run.suite,
        ...Object.fromEntries(Object.entries(run.budget ?? {}).map(([key, value]) => [`budget: ${key}`, value])) })),
        table("Versions", ["Package", "Version"], rows(run.versions))),
      table("Settings", ["Setting", "Value"], rows(run.settings)))];
}

// The charts: how the best score grew, and candidates by two objectives. Each has a table beside it.

const charts = new Map();

/** A chart in the colours of the page, drawn again under the same name. */
function chart(key, settings, label) {
  const canvas = h("canvas", { role: "img", "aria-label": label, id: `chart-${key}` });
  requestAnimationFrame(() => {
    charts.get(key)?.destroy();
    if (canvas.isConnected) charts.set(key, new Chart(canvas, settings()));
  });
  return h("div", { class: "chart" }, canvas);
}

const colour = (key) => getComputedStyle(document.documentElement).getPropertyValue(`--${key}`).trim();

/** What all charts have in common. */
function options(x, y, more = {}) {
  const axis = (title) => ({ title: { display: true, text: title, color: colour("soft") },
    ticks: { color: colour("soft"), maxTicksLimit: 7 }, grid: { color: colour("rule") }, border: { display: false } });
  Chart.defaults.font.family = colour("sans");
  return { animation: false, responsive: true, maintainAspectRatio: false,
    scales: { x: { type: "linear", ...axis(x) }, y: axis(y) },
    plugins: { legend: { position: "bottom", labels: { color: colour("ink"), usePointStyle: true, boxHeight: 8 } } }, ...more };
}

function learning() {
  const total = run.ledger.at(-1);
  const priced = run.decisions.some((one) => one.usd > 0);
  const against = priced ? ["usd", "dollars of all models", total?.usd ?? 0] : ["tokens", "tokens of all models",
    total ? total.input_tokens + total.output_tokens : 0];
  const marks = run.decisions.filter((one) => one.event !== "rejected");
  return [h("h2", {}, "Learning"),
    h("p", { class: "about" }, "The best mean on val, which the search could see, against what it had cost by then. " +
      "The star is the test, made at the end on tasks that nothing was tuned on."),
    h("div", { class: "two" },
      h("figure", {}, h("figcaption", {}, "Against rollouts"), curve("rollouts", "rollouts", run.rollouts)),
      h("figure", {}, h("figcaption", {}, priced ? "Against money" : "Against tokens"), curve(...against))),
    !priced && run.decisions.length ? h("p", {}, "No price is known for this run's models, so tokens stand for money.") : null,
    h("details", { "data-key": "learning" }, h("summary", {}, "The same as a table"),
      table("Best mean on val by what it had cost", ["Decision", "What", "Rollouts", "Tokens", "Dollars", "Best on val"],
        marks.map((one) => [one.iteration, one.event, count(one.rollouts), count(one.tokens), paid(one.usd, one.unpriced), figure(one.best)]), [2, 3, 4, 5]))];
}

function curve(key, label, end) {
  const points = run.decisions.map((one) => ({ x: one[key], y: one.best }));
  if (points.length && run.finished) points.push({ x: end, y: points.at(-1).y });
  const { test } = run.verdict;
  const accepted = run.decisions.filter((one) => one.event !== "rejected").map((one) => ({ x: one[key], y: one.best }));
  return chart(key, () => {
    const accent = colour("accent");
    const sets = [{ label: "best on val", data: points, stepped: "before", showLine: true, borderColor: accent,
      backgroundColor: accent, pointRadius: 0, borderWidth: 2, pointStyle: "line" },
      { label: "candidates", data: accepted, pointRadius: 4, pointStyle: "circle", backgroundColor: colour("paper"), borderColor: accent, borderWidth: 2 }];
    if (test) sets.push({ label: "test, tuned", data: [{ x: end, y: test.tuned }], pointStyle: "star", pointRadius: 10,
      borderWidth: 2.5, borderColor: colour("ink"), backgroundColor: colour("ink"), clip: false },
      { label: "test, baseline", data: [{ x: end, y: test.baseline }], pointStyle: "crossRot", pointRadius: 6, borderWidth: 2,
        borderColor: colour("soft"), backgroundColor: colour("soft"), clip: false });
    return { type: "scatter", data: { datasets: sets }, options: options(label, "mean score", { layout: { padding: { right: 14, top: 12 } } }) };
  }, `Best mean on val against ${label}; the table below has the figures`);
}

function plot() {
  const known = objectives();
  if (!known.includes(state.x)) state.x = known[1] ?? "score";
  const able = run.candidates.filter((one) => valueOf(one, state.x) !== null && valueOf(one, state.y) !== null);
  const options_ = known.map((one) => [one, said(one)]);
  return [h("h3", {}, "Two objectives"),
    h("div", { class: "bar" },
      choice("plot-x", "Across", options_, state.x, (value) => { state.x = value; state.near = []; redraw("plot"); }),
      choice("plot-y", "Up", options_, state.y, (value) => { state.y = value; state.near = []; redraw("plot"); })),
    chart("plot", () => scatter(able), `Candidates by ${said(state.x)} and ${said(state.y)}; the table below has the same, with buttons`),
    near(),
    h("p", { class: "about" }, `Across: ${better(state.x)}. Up: ${better(state.y)}. Click a point to see its configuration.`),
    h("details", { "data-key": "plot" }, h("summary", {}, "The same as a table"),
      table(`Candidates by ${said(state.x)} and ${said(state.y)}`, ["Candidate", said(state.x), said(state.y), "Nothing better in both"],
        able.map((one) => [h("button", { type: "button", class: "plain", onclick: () => pick(one.number) }, titled(one.number)),
          short(valueOf(one, state.x)), short(valueOf(one, state.y)), front(able).includes(one) ? "yes" : "no"]), [1, 2]))];
}

const short = (value) => (Math.abs(value) >= 100 ? count(Math.round(value)) : value.toPrecision(3));

/** Candidates that no other one beats in both objectives. */
function front(able) {
  const rating = (one, key) => valueOf(one, key) * (SPENT.includes(key) ? -1 : 1);
  return able.filter((one) => !able.some((other) =>
    rating(other, state.x) >= rating(one, state.x) && rating(other, state.y) >= rating(one, state.y) &&
    (rating(other, state.x) > rating(one, state.x) || rating(other, state.y) > rating(one, state.y))));
}

/** A click on one point shows its candidate; where several points lie on each other, it asks which. */
function clicked(numbers) {
  if (numbers.length === 1) return pick(numbers[0]);
  state.near = numbers.sort((a, b) => a - b);
  redraw("plot");
  document.getElementById("near")?.focus();
}

function near() {
  if (!state.near.length) return null;
  return h("div", { class: "bar", id: "near", tabindex: "-1", role: "group", "aria-label": "Candidates at this point" },
    `${state.near.length} candidates lie here:`,
    state.near.map((number) => h("button", { type: "button", onclick: () => pick(number) }, titled(number))));
}

function scatter(able) {
  const best = front(able), accent = colour("accent");
  const point = (one) => ({ x: valueOf(one, state.x), y: valueOf(one, state.y), number: one.number });
  const others = able.filter((one) => !best.includes(one));
  const size = (points) => points.map((one) => (one.number === state.candidate ? 10 : 6));
  const sets = [
    { label: "nothing better in both", data: best.map(point).sort((a, b) => a.x - b.x), showLine: true, borderColor: accent, borderWidth: 1.5, backgroundColor: accent, pointStyle: "rectRot" },
    { label: "others", data: others.map(point), borderColor: accent, backgroundColor: colour("paper"), borderWidth: 2, pointStyle: "circle" }];
  for (const set of sets) { set.pointRadius = size(set.data); set.pointHoverRadius = size(set.data).map((one) => one + 2); }
  return { type: "scatter", data: { datasets: sets }, options: options(said(state.x), said(state.y), {
    interaction: { mode: "point", intersect: true },
    onClick: (event, hits) => clicked(hits.map((hit) => sets[hit.datasetIndex].data[hit.index].number)),
    onHover: (event, hits) => { event.native.target.style.cursor = hits.length ? "pointer" : "default"; },
    layout: { padding: 10 },
    plugins: { legend: { position: "bottom", labels: { color: colour("ink"), usePointStyle: true, boxHeight: 8 } },
      tooltip: { callbacks: { label: (item) => `${titled(item.raw.number)}: ${short(item.raw.x)}, ${short(item.raw.y)}` } } } }) };
}

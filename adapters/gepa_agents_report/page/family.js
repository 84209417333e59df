// The family tree: candidates in the order in which they came, with lines to their parents, as a version history.

const ROW = 52, LANE = 16;

function family() {
  const rejected = run.decisions.filter((one) => one.event === "rejected");
  const rows = run.candidates.map((one) => ({ at: one.iteration, one }));
  if (state.rejected) rows.push(...rejected.map((out) => ({ at: out.iteration, out })));
  rows.sort((a, b) => a.at - b.at);
  const lanes = laned(rows);
  const width = (Math.max(0, ...lanes) + 1) * LANE + 16;
  const list = h("ol", { class: "family", "aria-label": "Candidates in the order in which they came" });
  list.append(s("svg", { width, height: rows.length * ROW, "aria-hidden": "true" }, lines(rows, lanes)));
  rows.forEach((row) => {
    const item = h("li", {}, row.one ? candidateRow(row.one) : rejectedRow(row.out));
    item.style.paddingLeft = `${width}px`;
    list.append(item);
  });
  return [h("h3", {}, "Family tree"),
    h("div", { class: "bar" }, tick("rejected", `Show ${plural(rejected.length, "rejected proposal")}`, state.rejected,
      (value) => { state.rejected = value; redraw("family"); document.getElementById("rejected").focus(); })),
    h("div", { class: "scroll tall", "data-key": "family", role: "region", tabindex: "0", "aria-label": "Family tree" }, list)];
}

function candidateRow(one) {
  const from = one.number === 0 ? "the agent as it stands"
    : `${one.origin || "mutation"} of ${one.parents.map(called).join(" and ")}: ${one.component || "texts taken over"}`;
  const tags = [one.number === run.chosen && h("span", { class: "tag strong" }, run.finished ? "tuned" : "leads"),
    one.frontier && h("span", { class: "tag" }, "frontier")];
  return h("button", { type: "button", "aria-pressed": String(one.number === state.candidate), onclick: () => pick(one.number) },
    h("span", { class: "line" }, h("strong", {}, called(one.number)), ` val ${figure(one.mean)} `, tags),
    h("span", { class: "line" }, name(from)));
}

const REASONS = { no_better: "no better on the minibatch", val: "no better on val", reflection: "no usable answer",
  guard: "broke a rule", seen: "tried before", perfect: "nothing to learn there", review: "refused in review" };

function rejectedRow(out) {
  const figures = out.after === null ? "" : ` (${figure(out.before)} → ${figure(out.after)})`;
  return h("div", { class: "out" }, h("span", { class: "line" }, h("span", { class: "tag bad" }, "rejected"),
    ` decision ${out.iteration}: ${REASONS[out.reason] ?? out.reason}${figures}`),
    h("span", { class: "line" }, name(out.component || out.detail)));
}

/** The lane of each row: its first parent's while that ends there, else the first free one. */
function laned(rows) {
  const tips = [], of = new Map(), last = new Map();
  rows.forEach(({ one }, row) => one?.parents.forEach((parent) => last.set(parent, row)));
  return rows.map(({ one, out }, row) => {
    const parent = one ? one.parents[0] : undefined;
    let lane = parent === undefined ? -1 : tips.indexOf(parent);
    if (lane < 0 || out) lane = tips.findIndex((tip, index) => tip === null && index > 0);
    if (lane < 0) lane = tips.length;
    if (one) {
      tips[lane] = one.number;
      of.set(one.number, lane);
    }
    tips.forEach((tip, index) => { if (tip !== null && tip !== undefined && (last.get(tip) ?? -1) <= row && tip !== one?.number) tips[index] = null; });
    return Math.min(lane, 14);
  });
}

function lines(rows, lanes) {
  const place = new Map();
  rows.forEach(({ one }, row) => { if (one) place.set(one.number, [lanes[row] * LANE + 12, row * ROW + ROW / 2]); });
  const drawn = [], dots = [];
  rows.forEach(({ one, out }, row) => {
    const x = lanes[row] * LANE + 12, y = row * ROW + ROW / 2;
    if (out) {
      drawn.push(s("path", { class: "cross", d: `M${x - 4} ${y - 4}l8 8m0-8l-8 8` }));
      return;
    }
    one.parents.forEach((parent, index) => {
      const [px, py] = place.get(parent);
      drawn.push(s("path", { class: index ? "merge" : "", d: index && px === x ? `M${px} ${py}C${px + 22} ${py + 14} ${x + 22} ${y - 14} ${x} ${y}` : px === x ? `M${px} ${py}V${y}` : `M${px} ${py}V${y - ROW}C${px} ${y - ROW / 2} ${x} ${y - ROW / 2} ${x} ${y}` }));
    });
    dots.push(s("circle", { cx: x, cy: y, r: one.number === run.chosen ? 7 : 5, class: one.number === state.candidate || one.number === run.chosen ? "on" : "" }));
  });
  return [drawn, dots];
}

// The agent's graph in layers, with what was changed where.

function agent() {
  const chosen = run.candidates[run.chosen];
  const changed = new Set(chosen ? Object.keys(chosen.texts) : []);
  const row = (component) => [
    changed.has(component.name) ? h("button", { type: "button", class: "plain", onclick: () => reach(component) }, name(component.name)) : name(component.name),
    component.node ? name(component.node) : "several nodes",
    component.kind.replaceAll("_", " "),
    changed.has(component.name) ? `${count(component.text.length)} → ${count(textOf(run.chosen, component).length)}` : count(component.text.length),
  ];
  const heads = ["Text", "Node", "Kind", "Characters"];
  const [now, same] = [true, false].map((wanted) => run.graph.components.filter((one) => changed.has(one.name) === wanted));
  return [h("h2", {}, "The agent"),
    h("p", { class: "about" }, "Its graph, its texts, and which of them the ",
      run.finished ? "tuned configuration" : "candidate that leads", " changes."),
    run.graph.nodes.length ? h("div", { class: "scroll graph", role: "region", tabindex: "0", "aria-label": "Graph of the agent" }, drawn(changed)) : null,
    now.length ? table("Texts that are changed", heads, now.map(row), [3]) : h("p", {}, "No text is changed."),
    same.length ? h("details", { "data-key": "same" }, h("summary", {}, `${plural(same.length, "text")} as they were`),
      table("Texts as they were", heads, same.map(row), [3])) : null,
    run.graph.unreachable.length ? table("Texts out of reach", ["Node", "Why", "What to do"],
      run.graph.unreachable.map((one) => [name(one.node), name(one.reason, 600), name(one.remedy, 600)])) : null];
}

/** Go to what changed in a text. */
function reach(component) {
  state.against = "agent";
  pick(run.chosen);
  const head = document.getElementById(`text-${run.graph.components.indexOf(component)}`);
  head?.focus({ preventScroll: true });
  head?.scrollIntoView({ block: "start" });
}

function drawn(changed) {
  const { place, width, height, paths } = routed(), { wide, high } = BOX;
  const box = (node) => {
    const [x, y] = place.get(node);
    const own = run.graph.components.filter((one) => one.node === node);
    const now = own.filter((one) => changed.has(one.name)).length;
    const end = node === "__start__" || node === "__end__";
    const label = end ? node.replaceAll("_", "") : spelled(node.length > 20 ? "…" + node.slice(-19) : node);
    const under = end ? "" : now ? `${now} of ${plural(own.length, "text")} changed` : own.length ? plural(own.length, "text") : "no text";
    return s("g", { class: end ? "end" : now ? "changed" : "" }, s("title", {}, spelled(node)),
      s("rect", { x: x - wide / 2, y: y - high / 2, width: wide, height: high, rx: end ? 27 : 9 }),
      s("text", { x, y: end ? y + 4 : y - 3, "text-anchor": "middle" }, label),
      end ? null : s("text", { x, y: y + 15, "text-anchor": "middle", class: "small" }, under));
  };
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, width, role: "img",
    "aria-label": `Graph: ${edges().map(([from, to]) => `${from} to ${to}`).join(", ") || run.graph.nodes.join(", ")}` },
    s("defs", {}, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
      s("path", { d: "M0 0L8 4L0 8z" }))),
    paths.map(({ d, back }) => s("path", { d, class: back ? "back" : "", "marker-end": "url(#arrow)" })), [...place.keys()].map(box));
  picture.style.minWidth = `${width * 0.8}px`;
  return picture;
}

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

/** The edges; a subgraph hangs on its node, which stands for its start and its end. */
const edges = () => run.graph.edges.map((pair) => pair.map((node) => node.replace(/\/__(start|end)__$/, "")));

/** Layers by the longest way from a node without a way in; edges that lead back don't count. */
function layered() {
  const ends = new Set(edges().flat());
  const nodes = [...new Set([...(ends.has("__start__") ? ["__start__"] : []), ...run.graph.nodes, ...ends])];
  const out = new Map(nodes.map((node) => [node, []]));
  for (const [from, to] of edges()) if (from !== to) out.get(from).push(to);
  const depth = new Map(), open = new Set(), back = new Set(), order = [];
  const visit = (node) => {
    if (depth.has(node)) return;
    depth.set(node, 0);
    open.add(node);
    for (const next of out.get(node)) {
      if (open.has(next)) back.add(JSON.stringify([node, next]));
      else visit(next);
    }
    open.delete(node);
    order.unshift(node);
  };
  nodes.forEach(visit);
  for (const node of order) for (const next of out.get(node)) {
    if (!back.has(JSON.stringify([node, next]))) depth.set(next, Math.max(depth.get(next), depth.get(node) + 1));
  }
  const layers = [];
  nodes.forEach((node) => (layers[depth.get(node)] ??= []).push(node));
  return { layers: [...layers].map((layer) => layer ?? []), back, depth };
}

function drawn(changed) {
  const { layers, back, depth } = layered();
  const wide = 160, high = 54, gap = 22, drop = 46;
  const width = Math.max(...layers.map((layer) => layer.length)) * (wide + gap) + 72, height = layers.length * (high + drop);
  const place = new Map();
  layers.forEach((layer, row) => layer.forEach((node, index) =>
    place.set(node, [width / 2 + (index - (layer.length - 1) / 2) * (wide + gap), row * (high + drop) + high / 2 + 4])));
  const line = ([from, to]) => {
    const [x1, y1] = place.get(from), [x2, y2] = place.get(to);
    const backwards = from === to || back.has(JSON.stringify([from, to]));
    const far = Math.abs(depth.get(to) - depth.get(from)) > 1 && x1 === x2;
    let path = `M${x1} ${y1 + high / 2}C${x1} ${y1 + high / 2 + drop / 2} ${x2} ${y2 - high / 2 - drop / 2} ${x2} ${y2 - high / 2 - 3}`;
    if (backwards || far) {
      const side = x1 <= x2 ? -1 : 1, edge = Math.max(Math.abs(x1 - width / 2), Math.abs(x2 - width / 2));
      const bend = width / 2 + side * (edge + wide / 2 + 28);
      path = `M${x1 + (side * wide) / 2} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2 + side * (wide / 2 + 3)} ${y2}`;
    }
    return s("path", { d: path, class: backwards ? "back" : "", "marker-end": "url(#arrow)" });
  };
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
  const picture = s("svg", { viewBox: `0 0 ${width} ${height - drop + 10}`, width, role: "img",
    "aria-label": `Graph: ${edges().map(([from, to]) => `${from} to ${to}`).join(", ") || run.graph.nodes.join(", ")}` },
    s("defs", {}, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
      s("path", { d: "M0 0L8 4L0 8z" }))),
    edges().map(line), [...place.keys()].map(box));
  picture.style.minWidth = `${width * 0.8}px`;
  return picture;
}

// Where the edges of the graph run. Nodes stand in layers: an edge to the next layer goes straight, one that leads back
// or over a layer goes through the gaps between layers and along the side, so that none crosses a box.

const BOX = { wide: 160, high: 54, gap: 22, drop: 46 };

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
  return { layers: [...layers].map((layer) => layer ?? []), depth, leadsBack: (from, to) => from === to || back.has(JSON.stringify([from, to])) };
}

/** Places of all nodes, and a path for each edge. */
function routed() {
  const { layers, depth, leadsBack } = layered(), { wide, high, gap, drop } = BOX;
  const reach = layers.map((layer) => (layer.length * (wide + gap)) / 2);
  const kinds = edges().map(([from, to]) => ({ from, to, back: leadsBack(from, to),
    aside: leadsBack(from, to) || depth.get(to) - depth.get(from) !== 1 }));
  const lanes = { true: 0, false: 0 };
  for (const one of kinds) if (one.aside) one.lane = lanes[one.back]++;
  const width = 2 * Math.max(...reach) + 24 + 20 * Math.max(...Object.values(lanes)), place = new Map();
  layers.forEach((layer, row) => layer.forEach((node, index) =>
    place.set(node, [width / 2 + (index - (layer.length - 1) / 2) * (wide + gap), row * (high + drop) + high / 2 + 24])));
  const path = (one) => {
    const [x1, y1] = place.get(one.from), [x2, y2] = place.get(one.to), top = y2 - high / 2 - 3, low = y1 + high / 2;
    if (!one.aside) return `M${x1} ${low}C${x1} ${low + drop / 2} ${x2} ${top - drop / 2} ${x2} ${top}`;
    const side = one.back ? -1 : 1, step = (one.lane % 3) * 5, rows = [depth.get(one.from), depth.get(one.to)];
    const widest = Math.max(...reach.slice(Math.min(...rows), Math.max(...rows) + 1));
    const x = one.from === one.to ? x1 + side * (wide / 2 + 8) : width / 2 + side * (widest + 2 + 10 * one.lane);
    const from = x1 + side * 30, to = x2 + side * 30;
    return rounded([[from, low], [from, low + 12 + step], [x, low + 12 + step], [x, top - 15 - step], [to, top - 15 - step], [to, top]]);
  };
  return { place, width, height: layers.length * (high + drop) + 12, paths: kinds.map((one) => ({ d: path(one), back: one.back })) };
}

/** Straight lines from point to point with round corners. */
function rounded(points) {
  const towards = ([x, y], [a, b]) => {
    const way = Math.hypot(a - x, b - y) || 1, part = Math.min(7, way / 2) / way;
    return `${x + (a - x) * part} ${y + (b - y) * part}`;
  };
  return points.map((point, at) => at === 0 ? `M${point[0]} ${point[1]}` : at === points.length - 1 ? `L${point[0]} ${point[1]}`
    : `L${towards(point, points[at - 1])}Q${point[0]} ${point[1]} ${towards(point, points[at + 1])}`).join("");
}

// Puts the parts together, and for a run that goes on, looks for news without moving the reader.

const PARTS = {
  verdict: ["Verdict", { verdict }], agent: ["Agent", { agent }], changes: ["Changes", { configuration }],
  learning: ["Learning", { learning }],
  candidates: ["Candidates", { family, plot }], tasks: ["Tasks", { matrix }], flipped: ["Flips", { flips: flipped }],
  reflections: ["Reflections", { reflections }], ledger: ["Ledger", { ledger }], repeat: ["Repeat it", { repeat }],
};
const drawers = Object.assign({}, ...Object.values(PARTS).map(([, drawer]) => drawer));

/** Draw some parts again, in their places. */
function redraw(...keys) {
  for (const key of keys) {
    const place = document.getElementById(`part-${key}`);
    if (!place) continue;
    const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
    const kept = kept_(place);
    place.replaceChildren();
    append(place, drawers[key]());
    restored(place, kept);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

/** What is open and how far it is scrolled. */
function kept_(place) {
  return new Map([...place.querySelectorAll("[data-key]")].map((one) => [one.dataset.key, [one.open, one.scrollLeft, one.scrollTop]]));
}

function restored(place, kept) {
  for (const one of place.querySelectorAll("[data-key]")) {
    const [open_, left, top] = kept.get(one.dataset.key) ?? [];
    if (open_) one.open = true;
    if (left || top) one.scrollTo(left, top);
  }
}

/** Show a candidate's configuration; `go` moves there. */
function pick(number, go = true) {
  Object.assign(state, { candidate: number, near: [] });
  redraw("family", "plot", "configuration");
  const head = document.getElementById("shown");
  if (!go) return tell(`Showing ${titled(number)}`);
  head.focus({ preventScroll: true });
  head.scrollIntoView({ block: "start" });
}

function draw() {
  const main = document.getElementById("content");
  const shown = Object.entries(PARTS).filter(() => run.decisions.length);
  document.getElementById("parts").replaceChildren(h("ul", {}, shown.map(([key, [title]]) => h("li", {}, h("a", { href: `#${key}` }, title)))));
  const focused = document.activeElement?.id, kept = kept_(main);
  main.replaceChildren(...shown.map(([key, [, parts]]) => h("section", { id: key, "aria-label": PARTS[key][0] },
    key === "candidates" ? [h("h2", {}, "Candidates"), h("p", { class: "about" }, "Every accepted candidate, where it came from and what it is worth. Scores on val are what the search saw.")] : null,
    key === "candidates" ? h("div", { class: "two" }, h("div", { id: "part-family" }), h("div", { id: "part-plot" })) : null,
    Object.keys(parts).filter((part) => !["family", "plot"].includes(part)).map((part) => h("div", { id: `part-${part}` })))));
  if (!shown.length) main.append(h("p", { class: "note" }, document.documentElement.dataset.live
    ? "There is nothing to show yet. This page looks again every two seconds." : "There is nothing to show yet."));
  redraw(...Object.keys(drawers).filter((key) => document.getElementById(`part-${key}`)));
  restored(main, kept);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** The part that is being read, and how far down the window it begins. */
function reading() {
  const top = (part) => part.getBoundingClientRect().top;
  const part = [...document.querySelectorAll("main > section")].filter((one) => top(one) < innerHeight / 3).at(-1);
  return part && window.scrollY ? [part.id, top(part)] : null;
}

/** The same part at the same place, whatever has grown above it. */
function readOn(place) {
  const part = place && document.getElementById(place[0]);
  if (part) window.scrollBy({ top: part.getBoundingClientRect().top - place[1], behavior: "instant" });
}

/** Take in a run: at first, and when there is news of it. */
function taken(content, first) {
  const follows = first || state.candidate === run.chosen, compares = first || state.after === run.chosen;
  const place = reading();
  run = content;
  if (follows) state.candidate = run.chosen;
  if (compares) state.after = run.chosen;
  document.getElementById("headline").textContent = run.verdict.headline;
  document.getElementById("sentence").textContent = spelled(run.verdict.sentence);
  document.getElementById("agent").textContent = spelled(run.agent);
  document.getElementById("state").textContent = run.finished ? "finished run" : "not finished";
  document.getElementById("written").textContent = run.written;
  draw();
  readOn(place);
}

/** Ask the local server for news, again and again. */
async function watch(version) {
  for (;;) {
    await new Promise((done) => setTimeout(done, 2000));
    try {
      const answer = await fetch(`data?since=${encodeURIComponent(version)}`);
      if (answer.status === 204) continue;
      const news = await answer.json();
      version = news.version;
      taken(await unpacked(news.data), false);
      tell("The run has gone on; the report is up to date.");
    } catch (error) {
      document.getElementById("state").textContent = "out of reach: is `gepa-agents watch` still running?";
    }
  }
}

try {
  taken(await unpacked(JSON.parse(document.getElementById("data").textContent)), true);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw("learning", "plot"));
  if (document.documentElement.dataset.live) watch(document.documentElement.dataset.live);
} catch (error) {
  document.getElementById("content").replaceChildren(h("p", { class: "note" },
    `This browser could not unpack the report (${error.message}); it needs Chrome 103, Firefox 113, Safari 16.4 or newer.`));
  throw error;
}

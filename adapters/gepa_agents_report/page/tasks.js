// Tasks by candidates; the tasks that flipped between two of them; and a flip's two trajectories side by side.

function matrix() {
  const wanted = new Set(flips(state.before, state.after).map((one) => one.at));
  const rows = run.tasks.map((task, at) => ({ task, at }))
    .filter(({ task, at }) => (state.split === "all" || task.split === state.split) && (!state.flipped || wanted.has(at)));
  const splits = ["val", "test", "train"].map((split) => [split, `${split} (${run.tasks.filter((task) => task.split === split).length})`]);
  const body = h("tbody", {}, rows.map(({ task, at }) => h("tr", {},
    h("th", { scope: "row" }, h("button", { type: "button", class: "plain", title: task.id, onclick: () => open(at) }, name(task.id, 40))),
    run.candidates.map((one) => cellOf(one.number, at)))));
  body.addEventListener("click", (event) => {
    const place = event.target.closest("td")?.dataset.at;
    if (!place) return;
    const [number, at] = place.split("/").map(Number);
    state.before = 0;
    state.after = number || run.chosen;
    open(at);
  });
  return [h("h2", {}, "Tasks by candidates"),
    h("p", { class: "about" }, "Each figure is a score; higher is better. In brackets, slanted and hatched: not run, but expected after how its parent did. " +
      "A dash: not run. A candidate is run on val until it is clear whether it gains; only the baseline and the tuned one on test."),
    h("div", { class: "bar" }, choice("split", "Tasks of", [...splits, ["all", "all"]], state.split, (value) => { state.split = value; redraw("matrix"); }),
      tick("only-flipped", "only those that flipped", state.flipped, (value) => { state.flipped = value; redraw("matrix"); document.getElementById("only-flipped").focus(); })),
    h("div", { class: "scroll tall matrix", role: "region", tabindex: "0", "data-key": "matrix", "aria-label": "Scores of tasks by candidates" },
      h("table", {}, h("caption", { class: "unseen" }, "Scores of tasks by candidates"),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Task"), run.candidates.map((one) =>
          h("th", { scope: "col" }, h("button", { type: "button", title: titled(one.number), onclick: () => pick(one.number) }, called(one.number)))))),
        body))];
}

function cellOf(number, at) {
  const [mark, score] = cell(number, at);
  const shade = score === null ? "" : ` s${Math.max(0, Math.min(4, Math.round(score * 4)))}`;
  const said = mark === "k" ? score.toFixed(2) : mark === "i" ? `(${score.toFixed(2)})` : mark === "f" ? "fault" : "–";
  return h("td", { class: mark + (mark === "k" ? shade : ""), "data-at": `${number}/${at}` }, said);
}

function flipped() {
  const found = flips(state.before, state.after), most = state.all ? found.length : 25;
  const pool = run.candidates.map((one) => [one.number, titled(one.number)]);
  const up = found.filter((one) => one.by > 0).length;
  const rows = found.slice(0, most).map((one) => [
    h("button", { type: "button", class: "plain", onclick: () => open(one.at) }, name(one.task.id, 60)),
    one.task.split, figure(one.old), figure(one.now), change(one.by)]);
  return [h("h2", { id: "flips-head", tabindex: "-1" }, "Tasks that flipped"),
    h("p", { class: "about" }, "Tasks on which two candidates score differently. Open one to read what each did, step by step."),
    h("div", { class: "bar" },
      choice("before", "Before", pool, state.before, (value) => { state.before = Number(value); state.flip = null; redraw("flips", "matrix"); }),
      choice("after", "After", pool, state.after, (value) => { state.after = Number(value); state.flip = null; redraw("flips", "matrix"); })),
    h("p", {}, `${up} gained, ${found.length - up} lost.`),
    found.length ? table("Tasks that flipped, the largest change first", ["Task", "Split", "Before", "After", "Change"], rows, [2, 3, 4]) : null,
    found.length > most ? h("p", {}, h("button", { type: "button", onclick: () => { state.all = true; redraw("flips"); } }, `Show all ${found.length}`)) : null,
    state.flip === null ? null : pair(state.flip)];
}

/** Show what two candidates did on a task. */
function open(at) {
  state.flip = at;
  redraw("flips");
  const head = document.getElementById("pair");
  head.focus({ preventScroll: true });
  head.scrollIntoView({ block: "start" });
}

function pair(at) {
  const task = run.tasks[at];
  const sides = [state.before, state.after].map((number) => ({ number, told: run.trajectories[`${number}/${at}`] }));
  const [left, right] = sides.map(({ told }) => (told ? told.steps.map(did) : []));
  const first = left.findIndex((step, index) => step !== right[index]);
  return h("div", { class: "pair" }, h("h3", { id: "pair", tabindex: "-1" }, "Task ", name(task.id)),
    h("div", { class: "two" }, h("div", {}, h("p", { class: "label" }, `What it asks (${task.split})`), block(text(task.input), 400)),
      task.expected === null ? null : h("div", {}, h("p", { class: "label" }, "What was expected; the agent does not see it"), block(text(task.expected), 250))),
    h("div", { class: "two" }, sides.map(({ number, told }) => h("section", { "aria-label": titled(number) }, h("h4", {}, titled(number)),
      told ? trajectory(told, first) : h("p", { class: "note" }, "kf".includes(cell(number, at)[0])
        ? "This trajectory is left out of the file; the run folder has it." : "It was not run on this task.")))));
}

/** What the agent did in a step, not what it was given: the first step in which that differs is where they part. */
const did = (step) => JSON.stringify([step.kind, step.name, step.error, step.parts.filter(([label]) => !GIVEN.includes(label))]);
const GIVEN = ["system", "user", "tool", "assistant"];

function trajectory(told, first) {
  return [h("p", {}, told.fault ? ["Fault: ", name(told.fault, 600)] : `Score ${figure(told.score)}, ${plural(told.tokens, "token")}, ${told.seconds.toFixed(1)} seconds.`),
    text(told.feedback) ? [h("p", { class: "label" }, "Feedback"), block(text(told.feedback))] : null,
    text(told.answer) ? [h("p", { class: "label" }, "Answer"), block(text(told.answer))] : null,
    h("h4", {}, "Steps"),
    h("ol", { class: "steps" }, told.steps.map((step, index) => h("li", { class: index === first ? "first" : null },
      h("p", { class: "head" }, h("span", { class: "tag" }, step.kind), " ", name(step.name), step.node ? [" in ", name(step.node)] : null,
        index === first ? [" ", h("span", { class: "tag strong" }, "from here on they differ")] : null),
      step.error ? h("p", { class: "loss" }, "Error: ", name(step.error, 600)) : null,
      step.parts.map(([label, at]) => [h("p", { class: "label" }, name(label)), block(text(at), 400)]))))];
}

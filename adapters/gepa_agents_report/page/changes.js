// Where each new sentence came from, and what went with it: the candidate that brought it, and the tasks whose feedback
// spoke of it before and does so no more.

/** The candidate that brought a sentence: upwards as long as a parent has it. */
function bringer(number, component, wanted) {
  const has = (other) => sentences(textOf(other, component)).some((one) => one.trim() === wanted);
  for (let at = number; ;) {
    const parent = run.candidates[at].parents.find(has);
    if (parent === undefined) return at;
    at = parent;
  }
}

const words = (said) => new Set(said.toLowerCase().match(/[\p{L}\p{N}_]{3,}|\p{L}*\p{N}+/gu) ?? []);

/** What the feedback on a task said under one candidate and no longer says under another; null where it is not in the file. */
function silenced(before, after, at) {
  const [old, now] = [before, after].map((number) => run.trajectories[`${number}/${at}`]);
  if (!old || !now) return null;
  const still = new Set(sentences(text(now.feedback)));
  return sentences(text(old.feedback)).filter((one) => one.trim() && !still.has(one)).map(words);
}

/** A function from a sentence to the tasks that gained and whose silenced feedback has most of its telling words. */
function fixes(before, after, added) {
  const rare = new Map();
  added.forEach((one) => words(one).forEach((word) => rare.set(word, (rare.get(word) ?? 0) + 1)));
  const weigh = (set) => [...set].reduce((sum, word) => sum + Math.log(1 + added.length / (rare.get(word) ?? 1)), 0);
  const gained = flips(before, after).filter((one) => one.by > 0)
    .map((one) => ({ at: one.at, gone: silenced(before, after, one.at) })).filter((one) => one.gone);
  return (wanted) => {
    const own = words(wanted), whole = weigh(own);
    if (own.size < 3) return [];
    return gained.filter(({ gone }) => gone.some((said) => weigh([...own].filter((word) => said.has(word))) >= 0.6 * whole))
      .map(({ at }) => at);
  };
}

/** What stands under a new sentence. */
function origin(number, before, component, fixed) {
  return (wanted) => {
    const by = bringer(number, component, wanted), tasks = fixed(wanted);
    const link = (at) => h("button", { type: "button", class: "plain", onclick: () => compare(before, number, at) }, name(run.tasks[at].id, 40));
    return h("div", { class: "origin" }, by ? ["came with ", reason(by), tasks.length ? " · " : ""] : null,
      tasks.length ? ["feedback on it went away in ", tasks.length < 4 ? joined(tasks.map(link))
        : h("details", { "data-key": `${component.name}/${wanted}` }, h("summary", {}, plural(tasks.length, "task")), joined(tasks.map(link)))] : null);
  };
}

/** The number of a candidate, as a way to the reflection that brought it. */
function reason(number) {
  const { iteration } = run.candidates[number];
  if (!run.reflections.some((one) => one.iteration === iteration)) return called(number);
  return h("button", { type: "button", class: "plain", title: "what the reflection model read and wrote", onclick: () => {
    const asked = document.querySelector(`[data-key="reflection-${iteration}"]`);
    asked.open = true;
    asked.firstChild.focus({ preventScroll: true });
    asked.scrollIntoView({ block: "start" });
  } }, called(number));
}

const joined = (parts) => parts.flatMap((part, index) => (index ? [", ", part] : [part]));

/** Show two candidates side by side on a task; without a task, the flips between them. */
function compare(before, after, at = null) {
  Object.assign(state, { before, after, flip: null, all: false });
  redraw("matrix", "flips");
  if (at !== null) return open(at);
  document.getElementById("flips-head").focus({ preventScroll: true });
  document.getElementById("flips-head").scrollIntoView({ block: "start" });
}

/** The candidate and those that it descends from, the first one first. */
function descent(number) {
  const found = new Set(), visit = (at) => { if (at && !found.has(at)) { found.add(at); run.candidates[at].parents.forEach(visit); } };
  visit(number);
  return [...found].sort((one, other) => one - other);
}

/** How a configuration came to be, one accepted change a row. */
function way(number) {
  const decided = new Map(run.decisions.filter((one) => one.event === "accepted").map((one) => [one.candidate, one]));
  const rows = descent(number).map((at) => {
    const one = run.candidates[at], parent = one.parents[0] ?? 0, by = decided.get(one.id), found = flips(parent, at);
    const up = found.filter((flip) => flip.by > 0).length;
    return [`${one.parents.map(called).join("\u00a0+\u00a0")}\u00a0→\u00a0${called(at)}`, name(one.component || "texts taken over"),
      by ? `${figure(by.before)} → ${figure(by.after)}` : "–", figure(one.mean),
      found.length ? h("button", { type: "button", class: "plain", onclick: () => compare(parent, at) }, `${up} up, ${found.length - up} down`) : "none"];
  });
  return rows.length ? [h("h3", {}, "How it came to be"), table("Each accepted change on the way. Flips are counted on tasks that both were run on",
    ["Step", "Texts rewritten", "Score on its train tasks", "Mean on val", "Tasks that flipped"], rows, [2, 3, 4])] : null;
}

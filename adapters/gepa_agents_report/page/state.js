// What the report is about, and where its reader is.

let run;
const state = { candidate: 0, against: "agent", before: 0, after: 0, rejected: false, split: "val", flipped: false,
  x: "characters", y: "score", flip: null, all: false, near: [] };

/** The content of this file. */
async function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(plain).text());
}

const text = (position) => run.texts[position];
const called = (number) => `#${number}`;

/** What a candidate is, in a few words. */
function titled(number) {
  if (number === 0) return "#0, the agent as it stands";
  return called(number) + (number === run.chosen ? (run.finished ? ", the tuned agent" : ", leads so far") : "");
}

/** The text of a component under a candidate. */
function textOf(number, component) {
  const changed = run.candidates[number].texts[component.name];
  return changed === undefined ? component.text : text(changed);
}

/** A candidate's value of an objective, as people count it: what was spent is above zero; null when not known. */
function valueOf(candidate, objective) {
  if (objective === "score") return candidate.mean;
  const value = candidate.objectives[objective];
  if (value === undefined) return null;
  return SPENT.includes(objective) ? -value : value;
}

const SPENT = ["characters", "tokens", "usd", "seconds", "steps", "tool_errors"];
const SAID = { score: "mean score on val", characters: "characters of all texts", tokens: "tokens of a rollout",
  usd: "dollars of a rollout", seconds: "seconds of a rollout", steps: "steps of a rollout",
  tool_errors: "tool errors of a rollout" };
const said = (objective) => SAID[objective] ?? objective;
const better = (objective) => (SPENT.includes(objective) ? "lower is better" : "higher is better");

/** Every objective that some candidate has. */
function objectives() {
  return ["score", ...new Set(run.candidates.flatMap((one) => Object.keys(one.objectives)))];
}

/** Mark and score of a candidate on the task at a position. */
const cell = (number, at) => [run.marks[number][at], run.scores[number][at]];

/** Tasks that both candidates were run on, with another score; the largest change first. */
function flips(before, after) {
  const found = [];
  run.tasks.forEach((task, at) => {
    const [mark, old] = cell(before, at), [other, now] = cell(after, at);
    if ("kf".includes(mark) && "kf".includes(other) && (old ?? 0) !== (now ?? 0)) {
      found.push({ at, task, old, now, by: (now ?? 0) - (old ?? 0) });
    }
  });
  return found.sort((one, two) => Math.abs(two.by) - Math.abs(one.by));
}

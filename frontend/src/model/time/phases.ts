// What happened to a training, where on the timeline, in words.
import type { Run, StepFacts } from "../../types";

const WORDS: Readonly<Record<string, string>> = {
  recompiled: "recompiled",
  resumed: "continued",
  restored: "went back",
  interrupted: "interrupted",
};

/** What a training did when it began to record a step. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  began: "began at",
  recompiled: "was recompiled at",
  resumed: "continued at",
  restored: "went back to",
};

interface Mark {
  at: number;
  words: string;
  title?: string;
}

/** `spacing` says where each of `steps` lies, from 0 to 1. The beginning and the end of a training say themselves. */
export function marksOf(
  run: Run | null,
  steps: readonly number[],
  spacing: readonly number[],
  named: (step: number) => string = numbered,
): Mark[] {
  const byPlace = new Map<number, string[]>();
  const titles = new Map<number, string>();
  for (const facts of run?.steps ?? []) {
    const place = facts.superseded ? steps.indexOf(facts.step) : -1;
    if (place < 0) continue;
    byPlace.set(place, ["superseded"]);
    titles.set(place, supersededInWords(run, facts, named));
  }
  for (const { kind, step } of run?.phases ?? []) {
    const words = WORDS[kind];
    // A step that is not shown, or was thinned out, is marked at the one before it.
    const place = step === null ? -1 : steps.filter((one) => one <= step).length - 1;
    if (words === undefined || place < 0) continue;
    const there = byPlace.get(place) ?? [];
    if (!there.includes(words)) byPlace.set(place, [...there, words]);
  }
  return [...byPlace]
    .sort(([one], [other]) => one - other)
    .map(([place, words]) => {
      const mark = { at: spacing[place] ?? 0, words: words.join(", ") };
      const title = titles.get(place);
      return title === undefined ? mark : { ...mark, title: [title, ...words.slice(1)].join(", ") };
    });
}

/** "superseded, recorded after the training continued at epoch 3"; "superseded" where nobody noted the phase. */
export function supersededInWords(
  run: Run | null,
  { phase }: StepFacts,
  named: (step: number) => string = numbered,
): string {
  const began = phase == null ? null : beganInWords(run, phase, named);
  return began === null ? "superseded" : `superseded, recorded after the training ${began}`;
}

/** A stretch of the timeline that was recorded in one phase of the training. */
export interface Stretch {
  /** From 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly words: string;
  readonly superseded: boolean;
}

/** The phases one after another; none where there is but one. */
export function stretchesOf(
  run: Run | null,
  steps: readonly number[],
  spacing: readonly number[],
  named: (step: number) => string,
): Stretch[] {
  const facts = new Map(run?.steps.map((one) => [one.step, one]));
  const found: Stretch[] = [];
  let key = "";
  for (const [place, step] of steps.entries()) {
    const { phase = null, superseded = false } = facts.get(step) ?? {};
    const at = spacing[place] ?? 0;
    const from = found.length === 0 ? 0 : (at + (spacing[place - 1] ?? 0)) / 2;
    const before = found.pop();
    if (before !== undefined && key === `${phase} ${superseded}`) {
      found.push({ ...before, to: at });
      continue;
    }
    if (before !== undefined) found.push({ ...before, to: from });
    key = `${phase} ${superseded}`;
    const began = (phase === null ? null : beganInWords(run, phase, named)) ?? "began";
    const words = `${superseded ? "Superseded: " : ""}recorded after the training ${began}`;
    found.push({ from, to: at, superseded, words: superseded ? words : `R${words.slice(1)}` });
  }
  return found.length < 2 ? [] : found;
}

/** "continued at epoch 3"; null where the run does not say. */
function beganInWords(
  run: Run | null,
  phase: number,
  named: (step: number) => string,
): string | null {
  const facts = run?.phases?.[phase];
  const began = facts && BEGINNINGS[facts.kind];
  if (began === undefined) return null;
  return facts?.step == null ? began.replace(/ \w+$/, "") : `${began} ${named(facts.step)}`;
}

function numbered(step: number): string {
  return `step ${step}`;
}

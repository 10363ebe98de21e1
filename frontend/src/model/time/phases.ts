// What happened to a training, where on the timeline, in words.
import type { Run, StepFacts } from "../../types";

const WORDS: Readonly<Record<string, string>> = {
  recompiled: "recompiled",
  resumed: "resumed",
  restored: "restored",
  interrupted: "interrupted",
};

/** What a training did when it began to record a step. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  began: "began at",
  recompiled: "was recompiled at",
  resumed: "resumed at",
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
): Mark[] {
  const byPlace = new Map<number, string[]>();
  const titles = new Map<number, string>();
  for (const facts of run?.steps ?? []) {
    const place = facts.superseded ? steps.indexOf(facts.step) : -1;
    if (place < 0) continue;
    byPlace.set(place, ["superseded"]);
    titles.set(place, supersededInWords(run, facts));
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

/** "superseded, recorded after the training resumed at step 3"; "superseded" where nobody noted the phase. */
export function supersededInWords(run: Run | null, { phase }: StepFacts): string {
  const facts = phase == null ? undefined : run?.phases?.[phase];
  const began = facts && BEGINNINGS[facts.kind];
  if (began === undefined) return "superseded";
  const words = facts?.step == null ? began.replace(/ \w+$/, "") : `${began} step ${facts.step}`;
  return `superseded, recorded after the training ${words}`;
}

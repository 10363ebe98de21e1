// What happened to a training, where on the timeline, in words.
import type { Run } from "../../types";

const WORDS: Readonly<Record<string, string>> = {
  recompiled: "recompiled",
  resumed: "resumed",
  restored: "restored",
  interrupted: "interrupted",
};

/** `spacing` says where each of `steps` lies, from 0 to 1. The beginning and the end of a training say themselves. */
export function marksOf(
  run: Run | null,
  steps: readonly number[],
  spacing: readonly number[],
): { at: number; words: string }[] {
  const byPlace = new Map<number, string[]>();
  for (const { step, superseded } of run?.steps ?? [])
    if (superseded && steps.includes(step)) byPlace.set(steps.indexOf(step), ["superseded"]);
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
    .map(([place, words]) => ({ at: spacing[place] ?? 0, words: words.join(", ") }));
}

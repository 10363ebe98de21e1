// The steps that a training has left behind are in a run of their own beside the one without them.
import type { Run } from "../../types";

/** Which run has the others' steps or lacks its own superseded ones; null where there are none. */
export function supersededChoice(
  runs: readonly Run[],
  run: Run | null,
): { count: number; isShown: boolean; other: string } | null {
  const count = run?.superseded ?? 0;
  if (run === null || count === 0) return null;
  const isShown = run.steps.some(({ superseded }) => superseded);
  const other = isShown ? without(runs, run)?.run : run.all_steps;
  return other == null ? null : { count, isShown, other };
}

/** The runs to choose from: each directory once. */
export function listedRuns(runs: readonly Run[], chosen: Run | null): Run[] {
  return runs.filter((run) => run === chosen || without(runs, run) === undefined);
}

function without(runs: readonly Run[], run: Run): Run | undefined {
  return runs.find(({ all_steps: allSteps }) => allSteps === run.run);
}

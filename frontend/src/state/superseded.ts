// The steps that a training has left behind are in a run of their own beside the one without them.
import type { Run } from "../types";

/** Which run has the others' steps or lacks its own superseded ones; null where there are none. */
export function superseded_choice(
  runs: readonly Run[],
  run: Run | null,
): { count: number; is_shown: boolean; other: string } | null {
  const count = run?.superseded ?? 0;
  if (run === null || count === 0) return null;
  const is_shown = run.steps.some(({ superseded }) => superseded);
  const other = is_shown ? without(runs, run)?.run : run.all_steps;
  return other == null ? null : { count, is_shown, other };
}

/** The runs to choose from: each directory once. */
export function listed_runs(runs: readonly Run[], chosen: Run | null): Run[] {
  return runs.filter((run) => run === chosen || without(runs, run) === undefined);
}

function without(runs: readonly Run[], run: Run): Run | undefined {
  return runs.find(({ all_steps }) => all_steps === run.run);
}

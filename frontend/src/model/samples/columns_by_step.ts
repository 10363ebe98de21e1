// Columns that have a value a step: put into the table at the step that is shown.
import { type Column, type Table, withoutValues } from "./table";

/** Where all steps together hold more values, only those near the one that is shown are fetched. */
const MOST_VALUES = 4_000_000;
const REACH = 2;

/** What has come of the columns by step, each in the version that it was fetched in. */
export type ByStep = ReadonlyMap<number, { readonly version: string; readonly table: Table }>;

/** The table at a step; what has not come yet is missing. */
export function tableAt(recorded: Table | null, byStep: ByStep, step: number | null): Table | null {
  if (recorded === null || !recorded.some((column) => column.byStep)) return recorded;
  const there = step === null ? undefined : byStep.get(step)?.table;
  const columnAt = (column: Column) =>
    there?.find(({ name, type }) => name === column.name && type === column.type) ??
    withoutValues(column);
  return recorded.map((column) => (column.byStep ? columnAt(column) : column));
}

/** The steps to fetch, the nearest first. */
export function stepsWanted(
  steps: readonly number[],
  shown: number,
  valuesAStep: number,
): readonly number[] {
  const place = steps.indexOf(shown);
  const reach = valuesAStep * steps.length > MOST_VALUES ? REACH : steps.length;
  const distance = (at: number) => Math.abs(at - place) - (at > place ? 0.5 : 0);
  return steps
    .map((step, at) => ({ step, at }))
    .filter(({ at }) => Math.abs(at - place) <= reach)
    .sort((a, b) => distance(a.at) - distance(b.at))
    .map(({ step }) => step);
}

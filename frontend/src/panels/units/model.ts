// Units of the layer: which are dead, and which tell the classes apart best.
import type { PartialAnswer, StepMetrics } from "../../measures";

export interface Units extends PartialAnswer {
  readonly step: number;
  readonly classes: readonly string[];
  /** Share of each unit's variance that lies between the classes; null where the unit does not vary. */
  readonly selectivity: readonly (number | null)[];
  /** The class, as its place in `classes`, that each unit answers strongest. */
  readonly prefers: readonly number[];
}

export interface Turnover {
  readonly dead: readonly number[];
  readonly died: readonly number[];
  readonly woken: readonly number[];
}

/** Units that answer all samples alike at a step, and what has changed since the measured step before; null where unknown. */
export function turnover(metrics: StepMetrics, step: number): Turnover | null {
  const place = metrics.steps.indexOf(step);
  const dead = metrics.dead[place];
  if (dead === undefined) return null;
  const before = metrics.dead[place - 1] ?? dead;
  return {
    dead,
    died: dead.filter((unit) => !before.includes(unit)),
    woken: before.filter((unit) => !dead.includes(unit)),
  };
}

/** Units by how well they tell the classes apart, the best first; those that do not vary are left out. */
export function mostSelective(units: Units): number[] {
  return units.selectivity
    .flatMap((share, unit) => (share === null ? [] : [{ share, unit }]))
    .sort((a, b) => b.share - a.share || a.unit - b.unit)
    .map(({ unit }) => unit);
}

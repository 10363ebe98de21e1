// Two layers of the same samples, held against one another.
import type { OtherLayer, PartialAnswer, StepMetric } from "../../measures";

/** A number of the run that is shown, and the same of the one that it is compared with. */
export interface MetricOfBoth extends Omit<StepMetric, "values"> {
  readonly values: readonly [number | null, number | null];
}

/** Samples in which two runs differ, the most striking first. */
export interface Difference {
  readonly list: string;
  readonly meaning: string;
  /** What the scores count. */
  readonly score: string;
  readonly count: number;
  readonly samples: readonly { readonly sample: number; readonly score: number }[];
  /** Why there is no such list. */
  readonly unavailable: string | null;
}

/** Two layers of the same samples: what is measured of each at a step, and how alike they are at all steps. */
export interface Comparison extends PartialAnswer {
  /** Samples that one of the layers hides: of those alone nothing is told. */
  readonly left_out: number;
  readonly step: number;
  readonly with_step: number;
  readonly metrics: readonly MetricOfBoth[];
  readonly lists: readonly Difference[];
  /** Neighbours that a neighbourhood has, and the mean share of them that both layers have. */
  readonly k: number;
  readonly neighbors_kept: number | null;
  readonly steps: readonly number[];
  readonly with_steps: readonly number[];
  readonly cka: readonly (number | null)[];
  readonly cka_biased: readonly (number | null)[];
  /** Null until all steps are measured, and where it cannot be told. */
  readonly parted: Parted | null;
}

/** Samples of the layer that stand in the set of another run, too. */
export interface Leaks extends PartialAnswer {
  readonly count: number;
  /** How many were looked for. */
  readonly of: number;
  readonly samples: readonly {
    readonly sample: number;
    readonly same_as: number;
    readonly score: number;
  }[];
}

/** Where two runs part, if they do. */
export interface Parted {
  readonly step: number | null;
  readonly sentence: string;
  /** How many times as fast this run moves to each step. */
  readonly speed_ratio: readonly (number | null)[];
  /** Those that part most there. */
  readonly samples: readonly number[];
}

/** Which layer of another run this one is held against, null for the nearest at hand, and the list that is open. */
export interface RunChoice {
  readonly other: OtherLayer | null;
  readonly list: string | null;
  /** The run of other samples that these are searched in; null for none. */
  readonly leaks: string | null;
}

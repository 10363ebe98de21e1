// What the server has measured, as the parts of the page hand it to one another; the names are those of docs/metrics.md.

/** How far the server is with measuring; while it is running it is asked again. */
export interface PartialAnswer {
  readonly state?: "done" | "running";
}

export interface Warning {
  readonly rule: string;
  readonly title: string;
  /** The rule with its threshold. */
  readonly meaning: string;
  readonly step: number;
  readonly sentence: string;
  readonly samples: readonly number[];
  readonly classes: readonly string[];
  readonly units: readonly number[];
}

export interface RuleCount {
  readonly rule: string;
  readonly title: string;
  readonly meaning: string;
  /** What the scores count. */
  readonly score: string;
  readonly count: number;
}

export interface Findings extends PartialAnswer {
  readonly warnings: readonly Warning[];
  readonly rules: readonly RuleCount[];
  /** How many labels are expected to be wrong, in words; null where there are no labels. */
  readonly label_errors: { readonly sentence: string } | null;
  readonly samples_measured: number;
  /** Of fewer, chance alone makes most rules of warnings hold, and nothing is claimed. */
  readonly least_samples: number;
}

export interface Ranked {
  readonly sample: number;
  readonly score: number;
  readonly steps: readonly number[];
  /** Of a label that may be wrong: what it probably should be. */
  readonly change_to?: string;
  /** Of a near duplicate: the sample that it repeats. */
  readonly same_as?: number;
}

export interface Ranking extends PartialAnswer {
  readonly rule: string;
  readonly total_ranked: number | null;
  readonly samples: readonly Ranked[];
}

/** Several lists of samples, by their rules. */
export interface Rankings extends PartialAnswer {
  readonly byRule: Readonly<Record<string, readonly Ranked[]>>;
}

export interface StepMetric {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly meaning: string;
  readonly values: readonly (number | null)[];
}

export interface StepMetrics extends PartialAnswer {
  readonly steps: readonly number[];
  readonly metrics: readonly StepMetric[];
  readonly classes: readonly string[];
  readonly classes_are_outputs: boolean;
  /** The plain CKA of those metrics that are debiased ones, by their names. */
  readonly cka_biased: Readonly<Record<string, readonly (number | null)[]>>;
  /** Units, a list a step. */
  readonly dead: readonly (readonly number[])[];
  readonly samples_measured: number;
  readonly samples: number;
}

/** What each sample has a number of, as the server's catalog says it. */
export interface SampleMetric {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly meaning: string;
  readonly kind: "class" | "share" | "number" | "truth";
  /** One number over the whole run; else one a step. */
  readonly over_run: boolean;
  readonly needs_outputs: boolean;
  readonly needs_label: boolean;
  /** What 0 and 1 of a truth mean. */
  readonly words: readonly string[];
}

/** One number a sample, at each of some steps, or over the run where there are none. */
export interface SampleValues extends PartialAnswer {
  readonly steps: readonly number[];
  /** A row a step, NaN where undefined. */
  readonly rows: readonly Float32Array[];
  readonly classes: readonly string[];
}

/** A layer that holds the same samples, of this or another run. */
export interface OtherLayer {
  readonly run: string;
  readonly layer: string;
}

/** What the model said of one sample at each step; null where undefined. */
export interface SampleHistory extends PartialAnswer {
  readonly sample: number;
  readonly steps: readonly number[];
  readonly classes: readonly string[];
  /** Its place in `classes`, as the predictions are. */
  readonly label: number | null;
  readonly prediction: readonly (number | null)[];
  readonly confidence: readonly (number | null)[];
  readonly margin: readonly (number | null)[];
  /** 1 where the model is right, else 0. */
  readonly correct: readonly (number | null)[];
}

/** The nearest neighbours of one sample at each of the steps that are done. */
export interface NeighborHistory extends PartialAnswer {
  readonly sample: number;
  readonly steps: readonly number[];
  /** A list a step, the nearest first. */
  readonly neighbors: readonly (readonly number[])[];
}

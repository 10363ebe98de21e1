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
  readonly samples_measured: number;
  /** Of fewer, chance alone makes most rules of warnings hold, and nothing is claimed. */
  readonly least_samples: number;
}

export interface Ranked {
  readonly sample: number;
  readonly score: number;
  readonly steps: readonly number[];
}

export interface Ranking extends PartialAnswer {
  readonly rule: string;
  readonly total_ranked: number | null;
  readonly samples: readonly Ranked[];
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

export interface Similarity extends PartialAnswer {
  /** Samples that one of the layers hides: of those alone nothing is told. */
  readonly left_out: number;
  readonly steps: readonly number[];
  readonly with_steps: readonly number[];
  /** Debiased: about 0 where unrelated, a little below as often as above. */
  readonly cka: readonly (readonly (number | null)[])[];
  readonly cka_biased: readonly (readonly (number | null)[])[];
}

/** A layer that holds the same samples, of this or another run. */
export interface OtherLayer {
  readonly run: string;
  readonly layer: string;
}

/** Layers of the same samples at one step: the one that is shown first. */
export interface LayerSimilarity extends PartialAnswer {
  /** Samples that any pair of them leaves out, at most. */
  readonly left_out: number;
  readonly step: number;
  readonly layers: readonly OtherLayer[];
  readonly cka: readonly (readonly (number | null)[])[];
  readonly cka_biased: readonly (readonly (number | null)[])[];
}

export interface Confusion extends PartialAnswer {
  readonly step: number;
  readonly classes: readonly string[];
  /** A row a label, a column a predicted class. */
  readonly counts: readonly (readonly number[])[];
}

/** The samples of two classes along the axis through the classes' means: -1 the mean of the first, 1 of the second. */
export interface ClassPair extends PartialAnswer {
  readonly classes: readonly [string, string];
  readonly steps: readonly number[];
  readonly samples: Int32Array;
  /** 1 for a sample of the second class. */
  readonly second: Uint8Array;
  /** A row a step. */
  readonly positions: readonly Float32Array[];
}

export interface Units extends PartialAnswer {
  readonly step: number;
  readonly classes: readonly string[];
  /** Share of each unit's variance that lies between the classes; null where the unit does not vary. */
  readonly selectivity: readonly (number | null)[];
  /** The class, as its place in `classes`, that each unit answers strongest. */
  readonly prefers: readonly number[];
}

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

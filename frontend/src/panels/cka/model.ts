// How alike a layer is at two steps, and how alike several layers are at one.
import type { OtherLayer, PartialAnswer } from "../../measures";

export interface Similarity extends PartialAnswer {
  /** Samples that one of the layers hides: of those alone nothing is told. */
  readonly left_out: number;
  readonly steps: readonly number[];
  readonly with_steps: readonly number[];
  /** Debiased: about 0 where unrelated, a little below as often as above. */
  readonly cka: readonly (readonly (number | null)[])[];
  readonly cka_biased: readonly (readonly (number | null)[])[];
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

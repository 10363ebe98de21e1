// The data map, and the parts of it that can be chosen without drawing.
import type { PartialAnswer } from "../../measures";

/** Mean and standard deviation over the run of the probability that the model gives each sample's label. */
export interface DataMap extends PartialAnswer {
  readonly mean: Float32Array;
  readonly spread: Float32Array;
}

/** The samples with the largest or smallest values, as many as `share` of those that have one. */
export function rankedShare(
  values: Float32Array,
  share: number,
  which: "most" | "least",
): number[] {
  const known = [...values.keys()].filter((i) => !Number.isNaN(values[i]));
  const sign = which === "most" ? -1 : 1;
  known.sort((a, b) => sign * ((values[a] as number) - (values[b] as number)) || a - b);
  return known.slice(0, Math.ceil(share * known.length));
}

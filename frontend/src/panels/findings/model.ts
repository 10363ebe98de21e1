// The warnings about a layer, and what stands where there are none.
import type { Findings, Warning } from "../../measures";

export function warningId({ rule, classes }: Warning): string {
  return JSON.stringify([rule, classes]);
}

/** What stands where the warnings would. */
export function noWarnings({
  samples_measured: samplesMeasured,
  least_samples: leastSamples,
}: Findings): string {
  return samplesMeasured < leastSamples
    ? `Too few samples for warnings: ${samplesMeasured}, at least ${leastSamples} are needed.`
    : "No warnings.";
}

/** Said of a list that names so many samples that it says little; null where it does not. */
export function manyInWords(count: number, listed: number, samples: number): string | null {
  if (listed >= count) return null;
  const [some, all] = [count, samples].map((number) => number.toLocaleString("en-US"));
  return `${some} of ${all} samples match; the first ${listed} are listed.`;
}

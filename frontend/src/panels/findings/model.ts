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
    ? `Too few samples for warnings: ${samplesMeasured} of at least ${leastSamples}.`
    : "No warnings: nothing to report.";
}

/** Said of a list that names so many samples that it says little; null where it does not. */
export function manyInWords(count: number, listed: number, samples: number): string | null {
  if (listed >= count) return null;
  const [some, all] = [count, samples].map((number) => number.toLocaleString("en-US"));
  return `Names ${some} of ${all} samples; the first ${listed} are listed.`;
}

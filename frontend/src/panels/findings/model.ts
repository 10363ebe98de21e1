// The warnings about a layer, and what stands where there are none.
import type { Findings, Warning } from "../../measures";

export function warningId({ rule, classes }: Warning): string {
  return JSON.stringify([rule, classes]);
}

/** What stands where the warnings would. */
export function noWarnings(
  { samples_measured: samplesMeasured, least_samples: leastSamples }: Findings,
  problems: number,
): string {
  if (samplesMeasured < leastSamples) {
    return `Too few samples for warnings: ${samplesMeasured}, at least ${leastSamples} are needed.`;
  }
  return problems === 0
    ? "No warnings."
    : `No warnings beyond the ${problems === 1 ? "problem" : "problems"} of this run, listed below its name.`;
}

/** Said of a list that names so many samples that it says little; null where it does not. */
export function manyInWords(count: number, listed: number, samples: number): string | null {
  if (listed >= count) return null;
  const [some, all] = [count, samples].map((number) => number.toLocaleString("en-US"));
  if (count === samples) return `The first ${listed} of all ${all} samples are listed.`;
  return `${some} of ${all} samples match; the first ${listed} are listed.`;
}

/** Letters that fit below a thumbnail. */
const NARROW = 8;

/** What is said of a sample, below its thumbnail: "5 → 9," and "56 %"; of long words each in its line, "cat", "→ horse,". */
export function inLines(words: string): string[] {
  const comma = words.lastIndexOf(", ");
  const [pair, share] =
    comma < 0 ? [words, []] : [words.slice(0, comma + 1), [words.slice(comma + 2)]];
  const arrow = pair.indexOf(" → ");
  if (pair.length <= NARROW || arrow < 0) return [pair, ...share];
  return [pair.slice(0, arrow), pair.slice(arrow + 1), ...share];
}

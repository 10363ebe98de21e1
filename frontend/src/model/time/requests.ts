// Which steps to ask for next, and how to write them down. The wanted step comes first and alone, so that it is seen at
// once; then what follows it, since a run is played forwards, round to the beginning.

const BLOCK_BYTES = 8 * 2 ** 20;
const MEMORY_BYTES = 256 * 2 ** 20;
const BYTES_A_SAMPLE = 8;

/** The steps worth keeping in memory while `wanted` is looked at, nearest in playing order first. */
export function stepsToHold(
  steps: readonly number[],
  wanted: number,
  samples: number,
): readonly number[] {
  const most = Math.max(2, Math.floor(MEMORY_BYTES / (samples * BYTES_A_SAMPLE)));
  const start = Math.max(0, steps.indexOf(wanted));
  return [...steps.slice(start), ...steps.slice(0, start)].slice(0, most);
}

/** The next request: missing steps in a row, at most 8 MiB of them; empty when nothing is missing. */
export function nextBlock(
  toHold: readonly number[],
  held: ReadonlySet<number>,
  samples: number,
): readonly number[] {
  const [wanted] = toHold;
  if (wanted === undefined) return [];
  if (!held.has(wanted)) return [wanted];
  const first = toHold.findIndex((step) => !held.has(step));
  if (first === -1) return [];
  const most = Math.max(1, Math.floor(BLOCK_BYTES / (samples * BYTES_A_SAMPLE)));
  const block: number[] = [];
  for (const step of toHold.slice(first, first + most)) {
    // Ascending, since the answer is: a block does not reach over the end of the run.
    if (held.has(step) || step < (block.at(-1) ?? step)) break;
    block.push(step);
  }
  return block;
}

/** What is missing of a layout, of which the server finishes the last steps first: at most 8 MiB, ascending. */
export function missingSteps(
  toHold: readonly number[],
  held: ReadonlySet<number>,
  samples: number,
): readonly number[] {
  const most = Math.max(1, Math.floor(BLOCK_BYTES / (samples * BYTES_A_SAMPLE)));
  const missing = toHold.filter((step) => !held.has(step));
  return missing.sort((a, b) => a - b).slice(-most);
}

/** `0,5-7`: neighbours among the recorded steps joined to ranges, which keeps the address short. */
export function writeSteps(steps: readonly number[], recorded: readonly number[]): string {
  return rangesOf(steps, recorded)
    .map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`))
    .join(",");
}

/** The first and the last of steps that are neighbours among the recorded ones. */
export function rangesOf(
  steps: readonly number[],
  recorded: readonly number[],
): readonly (readonly [number, number])[] {
  const place = new Map(recorded.map((step, i) => [step, i]));
  const ranges: [number, number][] = [];
  for (const step of steps) {
    const last = ranges.at(-1);
    const joins = last !== undefined && place.get(last[1]) === (place.get(step) ?? Number.NaN) - 1;
    if (joins) last[1] = step;
    else ranges.push([step, step]);
  }
  return ranges;
}

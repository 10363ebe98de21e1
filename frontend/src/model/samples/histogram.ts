// How the values of a column are spread, in bins of one width.

export interface Histogram {
  readonly low: number;
  readonly high: number;
  /** Values a bin. The last bin holds its upper edge too. */
  readonly counts: readonly number[];
  /** Missing or infinite values, which are in no bin. */
  readonly outside: number;
}

/** Null where there is no finite value at all. */
export function histogram(values: Float64Array, bins: number): Histogram | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return null;
  const counts = new Array<number>(bins).fill(0);
  let outside = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) {
      outside += 1;
      continue;
    }
    // Halves, since the difference of two large numbers may be more than a number can be.
    const share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0;
    const bin = Math.min(bins - 1, Math.floor(bins * share));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { low, high, counts, outside };
}

// How large each sample is drawn by a number column: areas grow evenly with the number, from the 2 % to the 98 % quantile,
// since it is areas that the eye compares.
import type { Coloring } from "../../color";
import type { Store } from "../store";

const SMALLEST = 60;
const LARGEST = 220;
const COMMON = 100;

/** In hundredths of the common size; samples without a number have that. */
export function scalesBy(values: Float64Array): Uint8Array {
  const known = values.filter((value) => Number.isFinite(value)).sort();
  const at = (share: number) => known[Math.round(share * (known.length - 1))] ?? 0;
  const [low, high] = at(0.02) < at(0.98) ? [at(0.02), at(0.98)] : [at(0), at(1)];
  return Uint8Array.from(values, (value) => {
    if (Number.isNaN(value) || high <= low) return COMMON;
    const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
    return Math.sqrt(SMALLEST ** 2 + share * (LARGEST ** 2 - SMALLEST ** 2));
  });
}

/** None where all samples are alike. */
export function scalesOf(store: Store): Uint8Array {
  const values = sizingValues(store);
  return values === null ? new Uint8Array() : scalesBy(values);
}

/** Colours as they are drawn: samples without the number that says how large they are, are hollow. */
export function paintOf(store: Store, { bytes }: Coloring): Uint8Array {
  const values = sizingValues(store);
  if (values === null || 4 * values.length !== bytes.length) return bytes;
  const painted = bytes.slice();
  for (const [i, value] of values.entries()) if (Number.isNaN(value)) painted[4 * i + 3] = 0;
  return painted;
}

function sizingValues(store: Store): Float64Array | null {
  const name = store.display.sizeBy.value;
  const column = store.samples.columns.value.find((one) => one.name === name);
  return column?.type === "number" ? column.values : null;
}

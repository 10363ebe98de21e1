// Places on two lists of steps, of which one holds only some of the other's.

/** Where the moment at `at` of `all` lies among `some`, both ascending; between two places as it lies between their steps. */
export function placeIn(some: readonly number[], all: readonly number[], at: number): number {
  const from = all[Math.floor(at)] ?? 0;
  const to = all[Math.ceil(at)] ?? from;
  const step = from + (at - Math.floor(at)) * (to - from);
  const next = some.findIndex((one) => one >= step);
  if (next === -1) return Math.max(0, some.length - 1);
  const [before, after] = [some[next - 1], some[next] as number];
  if (before === undefined || after === step) return next;
  return next - 1 + (step - before) / (after - before);
}

/** The one of `some` that lies fewest places from `wanted` among `all`, of two the later one; null of none. */
export function nearestOf(
  all: readonly number[],
  some: readonly number[],
  wanted: number,
): number | null {
  const at = all.indexOf(wanted);
  const away = (step: number) => Math.abs(all.indexOf(step) - at);
  return [...some].sort((a, b) => away(a) - away(b) || b - a)[0] ?? null;
}

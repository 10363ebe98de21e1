// Where the steps lie on the timeline, from 0 to 1: each as far from the next, or as far as the training between them.

export function spaced(steps: readonly number[], even: boolean): readonly number[] {
  const first = steps[0] ?? 0;
  const span = (steps.at(-1) ?? 0) - first;
  if (even || span <= 0) return steps.map((_, place) => place / Math.max(1, steps.length - 1));
  return steps.map((step) => (step - first) / span);
}

/** Where a place between two steps lies. */
export function along(spacing: readonly number[], place: number): number {
  const before = spacing[Math.floor(place)] ?? 0;
  const after = spacing[Math.ceil(place)] ?? before;
  return before + (place - Math.floor(place)) * (after - before);
}

/** The place of the number that lies nearest; of two that are as near, the earlier. */
export function nearestPlace(numbers: readonly number[], at: number): number {
  let best = 0;
  for (const [place, one] of numbers.entries()) {
    if (Math.abs(one - at) < Math.abs((numbers[best] ?? 0) - at)) best = place;
  }
  return best;
}

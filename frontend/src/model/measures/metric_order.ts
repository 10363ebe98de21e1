// Which metrics are told first.

interface Told {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** The most telling first; the others, which only some ask for, below. */
const FIRST = [
  "accuracy",
  "knn_accuracy",
  "probe_accuracy",
  "effective_rank",
  "dead_units",
  "nc1",
  "churn",
  "displacement",
  "cka_before",
  "cka_last",
];

/** Those that are defined somewhere. */
export function inOrder<T extends Told>(metrics: readonly T[]): { first: T[]; others: T[] } {
  const defined = metrics.filter(({ values }) => values.some((value) => value !== null));
  return {
    first: FIRST.flatMap((name) => defined.find((metric) => metric.name === name) ?? []),
    others: defined.filter(({ name }) => !FIRST.includes(name)),
  };
}

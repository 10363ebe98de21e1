// The curve of one number over the steps, with the limits it runs between. A press on it goes to the step there.
import { nearestPlace } from "../model/time/axis";

interface StepCurveProps {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
  /** Where each step lies, from 0 to 1. */
  readonly spacing: readonly number[];
  /** Where the present moment lies, from 0 to 1. */
  readonly at: number;
  readonly go: (step: number) => void;
  /** What a person calls a step. */
  readonly shown: (step: number) => string;
}

const HEIGHT = 36;
const PAD = 3;

export function StepCurve({ name, steps, values, spacing, at, go, shown }: StepCurveProps) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (place: number) => 100 * (spacing[place] ?? 0);
  const y = (value: number) =>
    high > low ? HEIGHT - PAD - ((HEIGHT - 2 * PAD) * (value - low)) / (high - low) : HEIGHT / 2;
  const points = values.flatMap((value, place) =>
    value === null ? [] : [`${x(place)},${y(value)}`],
  );
  return (
    <svg
      class="step-curve"
      viewBox={`0 0 100 ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={curveSentence(name, steps.map(shown), values)}
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const step = steps[nearestPlace(spacing, (event.clientX - box.left) / box.width)];
        if (step !== undefined) go(step);
      }}
    >
      <polyline points={points.join(" ")} />
      {points.length === 1 && <circle cx={points[0]?.split(",")[0]} cy={HEIGHT / 2} r={1} />}
      <line class="now" x1={100 * at} x2={100 * at} y1={0} y2={HEIGHT} />
    </svg>
  );
}

/** "Churn from 0.4 at step 1 to 0.1 at step 10; lowest 0.1, highest 0.6 at step 2". */
export function curveSentence(
  name: string,
  steps: readonly (number | string)[],
  values: readonly (number | null)[],
): string {
  const known = values.flatMap((value, i) => (value === null ? [] : [{ value, step: steps[i] }]));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return `${name}: undefined at every step`;
  const top = known.reduce((a, b) => (b.value > a.value ? b : a));
  const bottom = known.reduce((a, b) => (b.value < a.value ? b : a));
  return (
    `${name} from ${short(first.value)} at step ${first.step} to ${short(last.value)} at step ${last.step}; ` +
    `lowest ${short(bottom.value)} at step ${bottom.step}, highest ${short(top.value)} at step ${top.step}`
  );
}

export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

// The curve of one number over the steps, with the limits it runs between. Pointing at it tells the value there, a press on
// it goes to that step.
import { useState } from "preact/hooks";
import { differs, short, withUnit } from "../model/text/measured_value";
import { nearestPlace } from "../model/time/axis";

interface StepCurveProps {
  readonly name: string;
  /** What 1 of it is: "share" is told in percent, "" is a bare number. */
  readonly unit: string;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
  /** Where each step lies, from 0 to 1. */
  readonly spacing: readonly number[];
  /** Where the present moment lies, from 0 to 1. */
  readonly at: number;
  readonly go: (step: number) => void;
  /** What a person calls a step: "epoch 7". */
  readonly named: (step: number) => string;
  /** Names the first and the last step below, and has the limits to its left; a slider has room of its own for them. */
  readonly axis?: boolean;
}

const HEIGHT = 36;
const PAD = 3;

export function StepCurve(props: StepCurveProps) {
  const { name, unit, steps, values, spacing, at, go, named, axis = false } = props;
  const [pointed, point] = useState<number | null>(null);
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const differ = differs(low, high);
  const x = (place: number) => 100 * (spacing[place] ?? 0);
  const y = (value: number) =>
    differ ? HEIGHT - PAD - ((HEIGHT - 2 * PAD) * (value - low)) / (high - low) : HEIGHT / 2;
  const points = values.flatMap((value, place) =>
    value === null ? [] : [`${x(place)},${y(value)}`],
  );
  const under = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return nearestPlace(spacing, (event.clientX - box.left) / box.width);
  };
  const step = pointed === null ? undefined : steps[pointed];
  const [first, last] = [steps[0], steps.at(-1)];
  // The unit stands beside the present value already.
  const limit = (value: number) => (unit === "share" ? withUnit(value, unit) : short(value));
  return (
    <div class={axis ? "step-chart with-axis" : "step-chart"}>
      <svg
        class="step-curve"
        viewBox={`0 0 100 ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={curveSentence(name, unit, steps.map(named), values)}
        onPointerMove={(event) => point(under(event))}
        onPointerLeave={() => point(null)}
        onPointerDown={(event) => {
          const there = steps[under(event)];
          if (there !== undefined) go(there);
        }}
      >
        <polyline points={points.join(" ")} />
        {points.length === 1 && <circle cx={points[0]?.split(",")[0]} cy={HEIGHT / 2} r={1} />}
        {values.length > 1 && <line class="now" x1={100 * at} x2={100 * at} y1={0} y2={HEIGHT} />}
        {pointed !== null && (
          <line class="pointed" x1={x(pointed)} x2={x(pointed)} y1={0} y2={HEIGHT} />
        )}
      </svg>
      {differ && (
        <div class="limits-of-curve" aria-hidden="true">
          <span>{limit(high)}</span>
          <span>{limit(low)}</span>
        </div>
      )}
      {pointed !== null && step !== undefined && (
        <p class={x(pointed) > 50 ? "told left" : "told"} aria-hidden="true">
          {named(step)}: {withUnit(values[pointed] ?? null, unit)}
        </p>
      )}
      {axis && first !== undefined && last !== undefined && first !== last && (
        <div class="ends-of-curve" aria-hidden="true">
          <span>{named(first)}</span>
          <span>{named(last)}</span>
        </div>
      )}
    </div>
  );
}

/** "Churn from 40 % at epoch 1 to 10 % at epoch 10; lowest 10 %, highest 60 % at epoch 2". */
export function curveSentence(
  name: string,
  unit: string,
  steps: readonly string[],
  values: readonly (number | null)[],
): string {
  const known = values.flatMap((value, i) => (value === null ? [] : [{ value, step: steps[i] }]));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return `${name}: undefined throughout`;
  const top = known.reduce((a, b) => (b.value > a.value ? b : a));
  const bottom = known.reduce((a, b) => (b.value < a.value ? b : a));
  const at = ({ value, step }: { value: number; step: string | undefined }) =>
    `${unit === "share" ? withUnit(value, unit) : short(value)} at ${step}`;
  return `${name} from ${at(first)} to ${at(last)}; lowest ${at(bottom)}, highest ${at(top)}`;
}

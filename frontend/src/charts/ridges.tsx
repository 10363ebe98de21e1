// Two densities a step, row under row, so that one sees them part or merge. A press on a row goes to its step.
import { useState } from "preact/hooks";

export interface Ridge {
  readonly step: number;
  /** From the left end of the axis to the right one, each at most 1. */
  readonly first: readonly number[];
  readonly second: readonly number[];
}

interface RidgesProps {
  readonly name: string;
  readonly ridges: readonly Ridge[];
  readonly colors: readonly [string, string];
  readonly here: number | null;
  /** What a person calls a step: "epoch 7". */
  readonly named: (step: number) => string;
  /** What is told of a row. */
  readonly say: (step: number) => string;
  readonly go: (step: number) => void;
}

const TALL = 1.6;
/** Height of a name, in pixels. */
const LINE = 14;
const MOST_HEIGHT = 420;

export function Ridges({ name, ridges, colors, here, named, say, go }: RidgesProps) {
  const [pointed, point] = useState<number | null>(null);
  const row = Math.min(22, MOST_HEIGHT / Math.max(1, ridges.length));
  const height = row * (ridges.length + TALL);
  const path = (density: readonly number[], base: number) => {
    const last = Math.max(1, density.length - 1);
    const points = density.map(
      (value, i) => `${(100 * i) / last},${(base - TALL * row * value).toFixed(2)}`,
    );
    return `M0,${base} L${points.join(" L")} L100,${base} Z`;
  };
  const under = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const down = (height * (event.clientY - box.top)) / box.height;
    const place = Math.floor(down / row - TALL / 2);
    return ridges[Math.min(ridges.length - 1, Math.max(0, place))]?.step ?? null;
  };
  // As many rows are named as there is room for.
  const stride = Math.ceil(LINE / row);
  const told = pointed ?? here;
  return (
    <div class="ridges-and-names">
      <svg
        class="ridges"
        viewBox={`0 0 100 ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={name}
        style={{ height: `${height}px` }}
        onPointerMove={(event) => point(under(event))}
        onPointerLeave={() => point(null)}
        onPointerDown={(event) => {
          const step = under(event);
          if (step !== null) go(step);
        }}
      >
        {ridges.map(({ step, first, second }, i) => {
          const base = row * (i + TALL);
          return (
            <g key={step} class={step === here ? "here" : ""}>
              <line x1={0} x2={100} y1={base} y2={base} />
              <path d={path(first, base)} style={{ fill: colors[0], stroke: colors[0] }} />
              <path d={path(second, base)} style={{ fill: colors[1], stroke: colors[1] }} />
            </g>
          );
        })}
      </svg>
      {ridges.map(({ step }, i) =>
        (ridges.length - 1 - i) % stride === 0 ? (
          <span
            key={step}
            class="row-name"
            aria-hidden="true"
            style={{ top: `${row * (i + TALL) - LINE}px` }}
          >
            {named(step)}
          </span>
        ) : null,
      )}
      <p aria-hidden="true">{told === null ? "" : say(told)}</p>
    </div>
  );
}

// A small curve over the timeline: one value a step, nothing where there is none, and a line at the present moment.

interface CurveProps {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Where each value lies, from 0 to 1. */
  readonly spacing: readonly number[];
  /** Where the present moment lies, from 0 to 1. */
  readonly at: number;
}

const HEIGHT = 40;
const PAD = 4;

export function Curve({ name, values, spacing, at }: CurveProps) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 0) || 1;
  const x = (place: number) => 100 * (spacing[place] ?? 0);
  const y = (value: number) => HEIGHT - PAD - ((HEIGHT - 2 * PAD) * value) / top;
  const described = known.length === 0 ? name : `${name}, from 0 to ${Math.round(100 * top)} %`;
  return (
    // Stretched to the track's width; the strokes keep theirs.
    <svg class="curve" viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" role="img">
      <title>{described}</title>
      {runsOf(values).map((run) => (
        <polyline
          key={run[0]?.[0]}
          points={run.map(([place, value]) => `${x(place)},${y(value)}`).join(" ")}
        />
      ))}
      {values.length > 1 && <line class="now" x1={100 * at} x2={100 * at} y1={0} y2={HEIGHT} />}
    </svg>
  );
}

/** The stretches between missing values, each a list of place and value. */
function runsOf(values: readonly (number | null)[]): [number, number][][] {
  const runs: [number, number][][] = [];
  let open = false;
  for (const [place, value] of values.entries()) {
    if (value !== null && !open) runs.push([]);
    if (value !== null) runs.at(-1)?.push([place, value]);
    open = value !== null;
  }
  return runs;
}

// A histogram over which one drags to choose a range; two fields beside it do the same by keys. A click lifts the range.
import { useRef, useState } from "preact/hooks";
import { DateInput } from "../controls/date_input";
import { NumberInput } from "../controls/number_input";
import { writeMoment } from "../dates";
import type { Histogram } from "../model/samples/histogram";

export type Range = readonly [number, number];

interface BrushProps {
  readonly name: string;
  readonly histogram: Histogram;
  /** Its numbers are seconds since 1970 in UTC. */
  readonly ofTime: boolean;
  readonly range: Range | null;
  readonly choose: (range: Range | null) => void;
}

const HEIGHT = 40;
/** Seconds from the beginning of a day to its last millisecond. */
const LAST_OF_DAY = 86_399.999;
/** Of the width: less is a click. */
const STILL = 0.01;

export function Brush({ name, histogram, ofTime, range, choose }: BrushProps) {
  const drawing = useRef<SVGSVGElement>(null);
  const start = useRef<number | null>(null);
  const [drawn, draw] = useState<Range | null>(null);
  const [pointed, point] = useState<number | null>(null);
  const { low, high, counts } = histogram;
  const most = Math.max(...counts, 1);
  const width = 100 / counts.length;
  const share = (value: number) => (high > low ? (100 * (value - low)) / (high - low) : 0);
  const shown = drawn ?? range;
  const valueUnder = (event: PointerEvent) => {
    const box = drawing.current?.getBoundingClientRect();
    const part = box === undefined ? 0 : (event.clientX - box.left) / box.width;
    return low + Math.min(1, Math.max(0, part)) * (high - low);
  };
  const rangeTo = (value: number): Range => {
    const from = start.current ?? value;
    return [Math.min(from, value), Math.max(from, value)];
  };
  const edge = (i: number) => write(low + (i / counts.length) * (high - low));
  const tell = (bin: number) =>
    `${(counts[bin] ?? 0).toLocaleString("en-US")} samples from ${edge(bin)} to ${edge(bin + 1)}`;
  const write = (value: number) => (ofTime ? writeMoment(value, high - low) : `${short(value)}`);
  const bounds = shown ?? [low, high];
  const setBound = (place: 0 | 1, value: number) => {
    const next: Range = place === 0 ? [value, bounds[1]] : [bounds[0], value];
    choose(next[0] <= low && next[1] >= high ? null : next);
  };
  return (
    <fieldset class="brush">
      <legend>{name}</legend>
      <svg
        ref={drawing}
        viewBox={`0 0 100 ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          start.current = valueUnder(event);
        }}
        onPointerMove={(event) => {
          if (start.current !== null) draw(rangeTo(valueUnder(event)));
          point(
            Math.min(
              counts.length - 1,
              Math.floor((counts.length * share(valueUnder(event))) / 100),
            ),
          );
        }}
        onPointerLeave={() => point(null)}
        onPointerUp={(event) => {
          const next = rangeTo(valueUnder(event));
          start.current = null;
          draw(null);
          choose(next[1] - next[0] <= STILL * (high - low) ? null : next);
        }}
        onPointerCancel={() => {
          start.current = null;
          draw(null);
        }}
      >
        {counts.map((count, i) => {
          const height = (HEIGHT * count) / most;
          const middle = low + ((i + 0.5) / counts.length) * (high - low);
          const inside = shown === null || (middle >= shown[0] && middle <= shown[1]);
          return (
            <rect
              key={i}
              class={inside ? "inside" : ""}
              x={i * width + 0.1 * width}
              width={0.8 * width}
              y={HEIGHT - height}
              height={height}
            />
          );
        })}
        {shown !== null && (
          <rect
            class="range"
            x={share(shown[0])}
            width={Math.max(0, share(shown[1]) - share(shown[0]))}
            y={0}
            height={HEIGHT}
          />
        )}
      </svg>
      <p class="told-of-bin" aria-hidden="true">
        {pointed === null ? `highest bar: ${most.toLocaleString("en-US")} samples` : tell(pointed)}
      </p>
      {ofTime ? (
        <div class="bounds">
          <DateInput
            name={`${name} from`}
            title="Show samples from this day on"
            value={bounds[0]}
            choose={(day) => setBound(0, day)}
          />
          <DateInput
            name={`${name} to`}
            title="Show samples up to this day"
            value={bounds[1]}
            choose={(day) => setBound(1, day + LAST_OF_DAY)}
          />
        </div>
      ) : (
        <div class="bounds">
          <NumberInput
            name={`${name} from`}
            title="Show samples from this value on"
            value={short(bounds[0])}
            choose={(value) => setBound(0, value)}
          />
          <NumberInput
            name={`${name} to`}
            title="Show samples up to this value"
            value={short(bounds[1])}
            choose={(value) => setBound(1, value)}
          />
        </div>
      )}
    </fieldset>
  );
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}

// One tick below the slider for each snapshot, and the names of as many as have room. Where there are hundreds of ticks they
// would make a bar: those that have no room beside the one before are left away.
import { useEffect, useRef, useState } from "preact/hooks";
import { labeledPlaces } from "../model/time/tick_labels";

const MOST_TICKS = 120;

interface TicksProps {
  /** Where each lies, from 0 to 1. */
  readonly spacing: readonly number[];
  readonly names: readonly string[];
}

export function Ticks({ spacing, names }: TicksProps) {
  const row = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = row.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const shown = spacing.length < 2 ? [] : ticksShown(spacing);
  const labeled = spacing.length < 2 || width === 0 ? [] : labeledPlaces(names, spacing, width);
  return (
    <div class="ticks" ref={row} aria-hidden="true">
      <svg aria-hidden="true">
        {shown.map((at) => (
          <line key={at} x1={`${100 * at}%`} x2={`${100 * at}%`} y1="0" y2="100%" />
        ))}
      </svg>
      {labeled.map((place) => (
        <span key={place} style={{ left: `${100 * (spacing[place] ?? 0)}%` }}>
          {names[place]}
        </span>
      ))}
    </div>
  );
}

function ticksShown(spacing: readonly number[]): number[] {
  let stride = 1;
  while (spacing.length / stride > MOST_TICKS) stride *= 2;
  const regular = spacing.filter((_, place) => place % stride === 0);
  const shown: number[] = [];
  for (const at of regular) {
    if (at - (shown.at(-1) ?? -1) >= 1 / (2 * MOST_TICKS)) shown.push(at);
  }
  return shown;
}

// One tick below the slider for each snapshot. Where there are hundreds they would make a bar: those that have no room
// beside the one before are left away.

const MOST_TICKS = 120;

/** `spacing` says where each lies, from 0 to 1. */
export function Ticks({ spacing }: { spacing: readonly number[] }) {
  const shown = spacing.length < 2 ? [] : ticksShown(spacing);
  return (
    <svg class="ticks" aria-hidden="true">
      {shown.map((at) => (
        <line key={at} x1={`${100 * at}%`} x2={`${100 * at}%`} y1="0" y2="100%" />
      ))}
    </svg>
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

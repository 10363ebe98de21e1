// One tick below the slider for each snapshot. Where there are hundreds they would make a bar: then each second one goes,
// until there is room.

const MOST_TICKS = 120;

export function Ticks({ count }: { count: number }) {
  if (count < 2) return <svg class="ticks" aria-hidden="true" />;
  let stride = 1;
  while (count / stride > MOST_TICKS) stride *= 2;
  const places = Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
  return (
    <svg class="ticks" aria-hidden="true">
      {places.map((place) => {
        const x = `${(100 * place) / (count - 1)}%`;
        return <line key={place} x1={x} x2={x} y1="0" y2="100%" />;
      })}
    </svg>
  );
}

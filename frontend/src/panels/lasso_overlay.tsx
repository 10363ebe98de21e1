// The outline that lasso or box are drawing.
import type { Store } from "../state/store";

export function LassoOverlay({ store }: { store: Store }) {
  const path = store.samples.sketch.value;
  if (path === null) return null;
  const points = path.map(([x, y]) => `${x},${y}`).join(" ");
  return (
    <svg class="sketch" aria-hidden="true">
      <polygon points={points} />
    </svg>
  );
}

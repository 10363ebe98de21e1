// One quiet line: what this view is worth, and what its axes were made from.
import { basis_sentence } from "../state/basis";
import type { Store } from "../state/store";

export function QualityLine({ store }: { store: Store }) {
  const { frames, quality, steps } = store;
  if (frames.value === null || quality.value === null) return null;
  return (
    <p class="quality-line">
      {quality.value.sentence} {basis_sentence(frames.value.basis, steps.value)}.
    </p>
  );
}

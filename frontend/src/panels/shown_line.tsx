// Says that not all samples are on the stage, and brings the others back; and tells screen readers what is selected.
import { show_all } from "../state/choose";
import type { Store } from "../state/store";

export function ShownLine({ store }: { store: Store }) {
  const { visible, samples, selection } = store.choosing;
  const count = visible.value?.reduce((sum, one) => sum + one, 0);
  const selected = selection.value?.count ?? 0;
  return (
    <>
      {count !== undefined && (
        <div class="shown-line">
          <span>
            {write(count)} of {write(samples.value)} samples shown
          </span>
          <button type="button" onClick={() => show_all(store)}>
            Show all
          </button>
        </div>
      )}
      <p class="unseen" aria-live="polite">
        {selected > 0 && `${write(selected)} selected`}
      </p>
    </>
  );
}

function write(count: number): string {
  return count.toLocaleString("en-US");
}

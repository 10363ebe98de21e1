// Says that not all samples are on the stage, or that some are held still, and undoes it; and tells screen readers what is selected.
import { show_all } from "../state/choose";
import { toggle_holding } from "../state/show";
import type { Store } from "../state/store";

export function ShownLine({ store }: { store: Store }) {
  const { visible, samples, selection } = store.choosing;
  const count = visible.value?.reduce((sum, one) => sum + one, 0);
  const held = store.showing.held.value;
  const selected = selection.value?.count ?? 0;
  return (
    <>
      <div class="shown-lines">
        {count !== undefined && (
          <div class="shown-line">
            <span>
              {write(count)} of {write(samples.value)} samples shown
            </span>
            <button
              type="button"
              title="Ends isolation and all filters"
              onClick={() => show_all(store)}
            >
              Show all
            </button>
          </div>
        )}
        {held !== null && (
          <div class="shown-line">
            <span>
              {write(held.ids.length)} held still as at step {held.step}
            </span>
            <button
              type="button"
              title="Lets these samples move again"
              onClick={() => toggle_holding(store, [])}
            >
              Let go
            </button>
          </div>
        )}
      </div>
      <p class="unseen" aria-live="polite">
        {selected > 0 && `${write(selected)} selected`}
      </p>
    </>
  );
}

function write(count: number): string {
  return count.toLocaleString("en-US");
}

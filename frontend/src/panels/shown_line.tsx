// Says that not all samples are on the stage, or that some are held still, and undoes it; and tells screen readers what is selected.
import { show_all } from "../state/choose";
import { obstacle_to_regions } from "../state/regions";
import { toggle_holding } from "../state/show";
import type { Store } from "../state/store";
import { shown_step } from "../state/titles";

export function ShownLine({ store }: { store: Store }) {
  const { visible, let_through, unseen, samples, selection } = store.choosing;
  const hidden = unseen.value.length;
  const count = visible.value?.reduce((sum, one) => sum + one, 0);
  const held = store.showing.held.value;
  const selected = selection.value?.count ?? 0;
  return (
    <>
      <div class="shown-lines">
        {hidden > 0 && (
          <div class="shown-line">
            <span title="They hold NaN or infinity at some step: see the run's problems">
              {write(hidden)} {hidden === 1 ? "sample" : "samples"} hidden (NaN or infinity)
            </span>
          </div>
        )}
        {let_through.value !== null && count !== undefined && (
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
              {write(held.ids.length)} held still as at step {shown_step(store, held.step)}
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
        <RegionsLine store={store} />
      </div>
      <p class="unseen" aria-live="polite">
        {selected > 0 && `${write(selected)} selected`}
      </p>
    </>
  );
}

/** Says what decision regions are, or why there are none. */
export function RegionsLine({ store }: { store: Store }) {
  const { overlay, plane_logits, regions_problem } = store.showing;
  if (overlay.value !== "regions") return null;
  const obstacle = obstacle_to_regions(store);
  const words =
    obstacle !== null
      ? `Decision regions ${obstacle}`
      : regions_problem.value !== null
        ? `No decision regions: ${regions_problem.value}`
        : plane_logits.value === null
          ? "Decision regions are on their way…"
          : "Decision regions of the plane through the mean: a slice, not a projection";
  return (
    <div class="shown-line of-regions">
      <span role="status">{words}</span>
    </div>
  );
}

function write(count: number): string {
  return count.toLocaleString("en-US");
}

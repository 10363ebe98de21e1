// Says that not all samples are on the stage, or that each step is aligned on some, and undoes it; and tells screen readers what is selected.

import { obstacleToRegions } from "../effects/load_regions";
import { counted } from "../model/text/words";
import { toggleHolding } from "../state/actions/display";
import { guestsObstacle } from "../state/derived/guests";
import { namedStep } from "../state/derived/titles";
import type { Store } from "../state/store";

export function ShownLine({ store }: { store: Store }) {
  const { visible, letThrough, unseen, count: samples, selection } = store.samples;
  const hidden = unseen.value.length;
  const count = visible.value?.reduce((sum, one) => sum + one, 0);
  const held = store.display.held.value;
  const selected = selection.value?.count ?? 0;
  return (
    <>
      <div class="shown-lines">
        {hidden > 0 && (
          <div class="shown-line">
            <span title="NaN or infinity somewhere in the run; see its problems">
              {write(hidden)} {hidden === 1 ? "sample" : "samples"} hidden (NaN or infinity)
            </span>
          </div>
        )}
        {store.picture.some.value !== null && (
          <div class="shown-line" title={whereOthersAre(store)}>
            <span>
              Showing {write(store.picture.some.value)} of {write(count ?? samples.value)}
              {store.firstPicture.value ? "" : ", the others are loading"}
            </span>
          </div>
        )}
        {letThrough.value !== null && count !== undefined && (
          <div class="shown-line">
            <span>
              {write(count)} of {write(samples.value)} samples shown
            </span>
            <button
              type="button"
              title="Removes isolation and all filters"
              onClick={() => store.samples.showAll()}
            >
              Show all
            </button>
          </div>
        )}
        {held !== null && (
          <div class="shown-line">
            <span>
              Aligned on {write(held.ids.length)} samples at {namedStep(store, held.step)}
            </span>
            <button
              type="button"
              title="Lets these samples move again"
              onClick={() => toggleHolding(store, [])}
            >
              Stop aligning
            </button>
          </div>
        )}
        <RegionsLine store={store} />
        <GuestsLine store={store} />
      </div>
      <p class="unseen" aria-live="polite">
        {selected > 0 && `${write(selected)} selected`}
      </p>
    </>
  );
}

function whereOthersAre(store: Store): string {
  return store.firstPicture.value
    ? "The others are drawn once nothing moves"
    : "A random subset: you can point at, select and save samples once all are loaded";
}

/** Says what decision regions are, or why there are none. */
export function RegionsLine({ store }: { store: Store }) {
  const { mode: overlay, planeLogits, regionsProblem } = store.display;
  if (overlay.value !== "regions") return null;
  const obstacle = obstacleToRegions(store);
  const words =
    obstacle !== null
      ? `Decision regions ${obstacle}`
      : regionsProblem.value !== null
        ? `No decision regions: ${regionsProblem.value}`
        : planeLogits.value === null
          ? "Loading decision regions…"
          : "Decision regions of the plane through the mean: a slice, not a projection";
  return (
    <div class="shown-line of-regions">
      <span role="status">{words}</span>
    </div>
  );
}

/** Says why samples that somebody has placed are not on the stage, and leads to those beside it. */
export function GuestsLine({ store }: { store: Store }) {
  const { shown, outside } = store.guests;
  const obstacle = shown.value ? guestsObstacle(store) : null;
  if (obstacle === null && outside.value === 0) return null;
  return (
    <div class="shown-line">
      <span role="status">
        {obstacle ?? `${counted(outside.value, "new sample")} outside of the view`}
      </span>
      {obstacle === null && (
        <button
          type="button"
          title="Zooms out until all samples and new samples are seen"
          onClick={() => store.guests.fit()}
        >
          Zoom out
        </button>
      )}
    </div>
  );
}

function write(count: number): string {
  return count.toLocaleString("en-US");
}

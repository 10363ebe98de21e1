// The chosen sample: its image, its row, how far it has come, and the way to the next one.

import { useComputed } from "@preact/signals";
import { Thumbnail } from "../controls/thumbnail";
import { headline } from "../model/samples/prediction_columns";
import { titleOf, valueAt } from "../model/samples/table";
import { median, pathLengths } from "../model/scene/path_length";
import { lookFurther } from "../state/actions/choose_samples";
import { countedSteps } from "../state/derived/titles";
import type { Store } from "../state/store";

const IMAGE_SIDE = 112;

export function SampleCard({ store }: { store: Store }) {
  const { sample } = store.samples;
  const id = sample.value;
  const said = id === null ? null : headline(store.samples.columns.value, store.label.value, id);
  return (
    <section class="sample-card" aria-label="Sample">
      <div class="row-of-fields">
        <h2>{id === null ? "No sample selected" : `Sample ${id.toLocaleString("en-US")}`}</h2>
        <div class="spring" />
        <button
          type="button"
          class="icon"
          aria-label="Previous sample"
          title="Previous sample ( [ )"
          onClick={() => lookFurther(store, -1)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M15.400 6 14 4.600 6.600 12l7.400 7.400 1.400-1.400-6-6z" />
          </svg>
        </button>
        <button
          type="button"
          class="icon"
          aria-label="Next sample"
          title="Next sample ( ] )"
          onClick={() => lookFurther(store, 1)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M8.600 18 10 19.400l7.400-7.400L10 4.600 8.600 6l6 6z" />
          </svg>
        </button>
      </div>
      {said !== null && <p class="headline">{said}</p>}
      {id === null ? (
        <p>Click a sample on the stage or in a list, or browse with [ and ].</p>
      ) : (
        <div class="image-and-row">
          {store.sprites.value !== null && (
            <Thumbnail sprites={store.sprites.value} sample={id} side={IMAGE_SIDE} />
          )}
          <dl>
            {(store.table.value ?? []).map((column) => (
              <div key={column.name}>
                <dt>{titleOf(column)}</dt>
                <dd>{valueAt(column, id) || "no value"}</dd>
              </div>
            ))}
            <PathLength store={store} sample={id} />
          </dl>
        </div>
      )}
    </section>
  );
}

/** In proportion to the other samples, since a layout has no unit of its own. */
function PathLength({ store, sample }: { store: Store; sample: number }) {
  const paths = useComputed(() => {
    const frames = store.frames.value;
    if (frames === null || !frames.complete) return null;
    const steps = [...frames.frames.value.keys()].sort((a, b) => a - b);
    const dimensions = store.dimensions.value;
    const lengths = pathLengths(steps.flatMap((step) => frames.pose(step, dimensions) ?? []));
    return { lengths, middle: median(lengths), steps: steps.length };
  });
  if (paths.value === null || paths.value.steps < 2) return null;
  const { lengths, middle, steps } = paths.value;
  const times = (lengths[sample] ?? 0) / middle;
  if (!Number.isFinite(times)) return null;
  return (
    <div>
      <dt title={`Distance moved in this view over ${countedSteps(store, steps)}`}>moved</dt>
      <dd>{times.toFixed(times < 10 ? 1 : 0)}× as far as the median sample</dd>
    </div>
  );
}

// The data map: how sure the model is of each sample's label over the run, against how much that varies (Swayamdipta et
// al., arXiv 2009.10795). Easy samples lie at the top left, ambiguous ones to the right, hard or wrongly labelled ones at
// the bottom left.
import { Scatter } from "../../charts/scatter";
import { short } from "../../model/text/measured_value";
import { clickSample } from "../../state/actions/choose_samples";
import type { SectionProps } from "../layer_section";
import { type DataMap, rankedShare } from "./model";

const ENDS = [0.5, 1] as const;
const SHARE = 0.05;

export function DataMapPanel({ store, answers }: SectionProps<{ map: DataMap }>) {
  const { selection } = store.samples;
  if (store.measures.metrics.value === null) return <p role="status">Measuring the layer…</p>;
  if (!store.measures.hasOutputs.value) {
    return <p>Needs recorded model outputs whose classes are the labels.</p>;
  }
  const { map } = answers;
  if (map === null || map.mean.length === 0) return <p role="status">Loading the map…</p>;
  const { mean, spread } = map;
  const parts = [
    ["Easy", "the highest confidence in the true label", () => rankedShare(mean, SHARE, "most")],
    ["Ambiguous", "the largest variability", () => rankedShare(spread, SHARE, "most")],
    ["Hard", "the lowest confidence in the true label", () => rankedShare(mean, SHARE, "least")],
  ] as const;
  return (
    <div class="data-map">
      <Scatter
        name={`Data map of ${mean.length} samples: variability and mean confidence in the true label`}
        x={spread}
        y={mean}
        ends={ENDS}
        titles={["variability", "mean confidence in the true label"]}
        say={(i) =>
          `Sample ${i}: variability ${short(spread[i] ?? 0)}, mean confidence ${short(mean[i] ?? 0)}`
        }
        colors={store.coloring.value?.bytes ?? new Uint8Array(4 * mean.length)}
        marked={selection.value?.mask ?? null}
        choose={(ids, how) => {
          const [only] = ids;
          if (how === "click" && only !== undefined) clickSample(store, only, "replace");
          else if (ids.length > 0) store.samples.select(ids, "chart");
        }}
      />
      <div class="actions">
        {parts.map(([title, meaning, ids]) => (
          <button
            key={title}
            type="button"
            title={`Select the ${100 * SHARE} % with ${meaning}`}
            onClick={() => store.samples.select(ids(), "chart")}
          >
            {title}
          </button>
        ))}
      </div>
      <p>Click or drag to select. Hard samples may be mislabeled.</p>
    </div>
  );
}

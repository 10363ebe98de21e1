// Histograms of the columns of numbers, each of which filters. Closed until somebody wants them.

import { useComputed } from "@preact/signals";
import { Brush } from "../charts/brush";
import { histogram } from "../model/samples/histogram";
import { withoutRepeats } from "../model/samples/prediction_columns";
import { titleOf, valuesOf } from "../model/samples/table";
import type { Store } from "../state/store";

const BINS = 32;

export function FiltersPanel({ store }: { store: Store }) {
  const spread = useComputed(() =>
    withoutRepeats(store.samples.columns.value).flatMap((column) => {
      const values = valuesOf(column);
      const counted = values === null ? null : histogram(values, BINS);
      const ofTime = column.type === "date";
      return counted !== null && counted.high > counted.low
        ? [{ name: column.name, title: titleOf(column), counted, ofTime }]
        : [];
    }),
  );
  const filters = store.samples.filters.value;
  if (spread.value.length === 0) return null;
  return (
    <details class="filters">
      <summary title="Drag over a histogram to show only a range">
        {spread.value.some(({ ofTime }) => ofTime)
          ? "Filter by number or date"
          : "Filter by number"}
      </summary>
      {spread.value.map(({ name, title, counted, ofTime }) => {
        const filter = filters.get(name);
        return (
          <Brush
            key={name}
            name={title}
            histogram={counted}
            ofTime={ofTime}
            range={filter?.kind === "range" ? [filter.low, filter.high] : null}
            choose={(range) =>
              store.samples.setFilter(
                name,
                range === null ? null : { kind: "range", low: range[0], high: range[1] },
              )
            }
          />
        );
      })}
    </details>
  );
}

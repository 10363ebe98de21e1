// Which measured things samples can be coloured by, as choices below the columns of the metadata.

import {
  colorOfMetric,
  kindOf,
  measuredName,
  metricOf,
} from "../../model/samples/measured_columns";
import { valueAt } from "../../model/samples/table";
import { categoryColor } from "../../palette";
import { colorOf, type Store } from "../store";

/** Name and title of each; what needs the outputs of the model is left out once it is known that there are none. */
export function measuredColors(store: Store): (readonly [string, string])[] {
  const metrics = store.measures.metrics.value;
  const blind = metrics !== null && !metrics.classes_are_outputs;
  const labelled = store.label.value !== null;
  const offered = store.measures.catalog.value
    .filter(({ needs_outputs: needsOutputs }) => !(blind && needsOutputs))
    .filter(({ needs_label: needsLabel }) => labelled || !needsLabel)
    .map((metric) => [colorOfMetric(metric), metric.title] as const);
  const chosen = store.colorBy.value;
  const isUnit = chosen !== null && kindOf(chosen) === "unit";
  return isUnit ? [...offered, [chosen, colorTitle(store, chosen)]] : offered;
}

/** What the legend is headed by. */
export function colorTitle(store: Store, color: string): string {
  if (kindOf(color) === "unit") return `Unit ${measuredName(color)}`;
  return metricOf(color, store.measures.catalog.value)?.title ?? color;
}

/** A class's colour as the legend has it; where the samples are coloured by something else, the colour of its place. */
export function colorOfClass(store: Store, name: string, place: number): string {
  const legend = store.coloring.value?.legend;
  const entry =
    legend?.kind === "categories" && legend.entries.find((entry) => entry.name === name);
  return entry ? entry.color : categoryColor(place, store.theme.value);
}

/** What a list writes beside a sample: its value in the column that colours them; null where no column does. */
export function coloringValue(
  store: Store,
): ((sample: number) => { color: string | undefined; word: string }) | null {
  const column = store.samples.columns.value.find(({ name }) => name === store.colorBy.value);
  if (column === undefined) return null;
  return (sample) => ({ color: colorOf(store, sample), word: valueAt(column, sample) });
}

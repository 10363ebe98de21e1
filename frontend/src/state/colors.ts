// Which measured things samples can be coloured by, as choices below the columns of the metadata.
import { category_color } from "../palette";
import { color_of_metric, kind_of, measured_name, metric_of } from "./painting";
import { color_of, type Store } from "./store";
import { value_at } from "./table";

/** Name and title of each; what needs the outputs of the model is left out once it is known that there are none. */
export function measured_colors(store: Store): (readonly [string, string])[] {
  const metrics = store.measuring.metrics.value;
  const blind = metrics !== null && !metrics.classes_are_outputs;
  const labelled = store.label.value !== null;
  const offered = store.measuring.catalog.value
    .filter(({ needs_outputs }) => !(blind && needs_outputs))
    .filter(({ needs_label }) => labelled || !needs_label)
    .map((metric) => [color_of_metric(metric), metric.title] as const);
  const chosen = store.color_by.value;
  const is_unit = chosen !== null && kind_of(chosen) === "unit";
  return is_unit ? [...offered, [chosen, color_title(store, chosen)]] : offered;
}

/** What the legend is headed by. */
export function color_title(store: Store, color: string): string {
  if (kind_of(color) === "unit") return `Unit ${measured_name(color)}`;
  return metric_of(color, store.measuring.catalog.value)?.title ?? color;
}

/** A class's colour as the legend has it; where the samples are coloured by something else, the colour of its place. */
export function color_of_class(store: Store, name: string, place: number): string {
  const legend = store.coloring.value?.legend;
  const entry =
    legend?.kind === "categories" && legend.entries.find((entry) => entry.name === name);
  return entry ? entry.color : category_color(place, store.theme.value);
}

/** What a list writes beside a sample: its value in the column that colours them; null where no column does. */
export function coloring_value(
  store: Store,
): ((sample: number) => { color: string | undefined; word: string }) | null {
  const column = store.choosing.columns.value.find(({ name }) => name === store.color_by.value);
  if (column === undefined) return null;
  return (sample) => ({ color: color_of(store, sample), word: value_at(column, sample) });
}

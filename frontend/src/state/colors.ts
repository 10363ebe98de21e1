// Which measured things samples can be coloured by, as choices below the columns of the metadata.
import { category_color } from "../color";
import { CHOICES, kind_of, measured_name } from "./painting";
import { color_of, type Store } from "./store";
import { value_at } from "./table";

/** Without a label there are none of these. */
const OF_LABEL = new Set(["agreement", "neighborhood_label", "suspicion"]);

/** Name and title of each; what needs the outputs of the model is left out once it is known that there are none. */
export function measured_colors(store: Store): (readonly [string, string])[] {
  const metrics = store.measuring.metrics.value;
  const blind = metrics !== null && !metrics.classes_are_outputs;
  const labelled = store.label.value !== null;
  const offered = CHOICES.filter(({ of_outputs }) => !(blind && of_outputs))
    .filter(({ name }) => labelled || !OF_LABEL.has(measured_name(name)))
    .map(({ name, title }) => [name, title] as const);
  const chosen = store.color_by.value;
  const unit = chosen !== null && kind_of(chosen) === "unit" ? measured_name(chosen) : null;
  return unit === null ? offered : [...offered, [chosen as string, `Unit ${unit}`]];
}

/** What the legend is headed by. */
export function color_title(color: string): string {
  if (kind_of(color) === "unit") return `Unit ${measured_name(color)}`;
  return CHOICES.find(({ name }) => name === color)?.title ?? color;
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

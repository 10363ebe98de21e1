// Which column is the label: the server's answer, unless somebody chooses another one or none.
import type { Layer } from "../../types";
import { CORRECTNESS } from "./prediction_columns";
import type { Table } from "./table";

/** What somebody has chosen: a column, "" for no label, null for the layer's own. */
export type Wanted = string | null;

/** The column in force, null for none. What was chosen of other metadata says nothing here. */
export function labelOf(layer: Layer | null, wanted: Wanted): string | null {
  if (layer === null) return null;
  if (wanted === "") return null;
  const known = layer.columns.some(({ name }) => name === wanted);
  return known ? wanted : layer.label;
}

/** What the server and the address must be told: nothing where it is the layer's own. */
export function saidLabel(layer: Layer | null, wanted: Wanted): string | undefined {
  const label = labelOf(layer, wanted);
  return layer === null || label === layer.label ? undefined : (label ?? "");
}

/** Axes between classes are made from the label where no column is named. */
export function axesNeedLabel(
  engine: string,
  { kind, column }: Readonly<Record<string, string>>,
): boolean {
  return engine === "axes" && kind !== "groups" && !column;
}

/** Columns of classes, as the server judges them (`label_column.as_classes`): words, or whole numbers that each come twice on average and are no quantity. */
export function labelChoices(table: Table): string[] {
  return table
    .filter((column) => {
      if (column.byStep) return false;
      if (column.type === "category") {
        return column.words.length > 0 && column.words.length <= MOST_CLASSES;
      }
      if (column.type !== "number") return false;
      return areClasses(column.values);
    })
    .map(({ name }) => name);
}

/** What a label is called, on the server too (`label_column.RANKS`). */
const LABELS = /^\s*(labels?|class|target|y|y_true|true_label|class_name|ground_truth)\s*$/i;
const MOST_CLASSES = 1000;
const FEW = 60;
const SAMPLES_PER_NUMBER = 5;
const known = new WeakMap<Float64Array, boolean>();

/** Whether values are whole numbers that each come twice on average; of a million looked at once. */
function areClasses(values: Float64Array): boolean {
  const before = known.get(values);
  if (before !== undefined) return before;
  const found = comeTwice(values);
  known.set(values, found);
  return found;
}

function comeTwice(values: Float64Array): boolean {
  const different = new Set<number>();
  let there = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value)) return false;
    there += 1;
    different.add(value);
    if (different.size > MOST_CLASSES) return false;
  }
  return there > 0 && 2 * different.size <= there && !isQuantity(different, there);
}

/** Whole numbers too many and too rare to be those of classes. */
function isQuantity(different: ReadonlySet<number>, count: number): boolean {
  if (different.size <= FEW || [-1, 0, 1].includes(Math.min(...different))) return false;
  return SAMPLES_PER_NUMBER * different.size > count;
}

/** What colors samples where no column holds classes: numbers that are called a label, such as a regression's targets; "" for none. */
export function targetColumn(table: Table): string {
  const found = table.find(
    ({ name, type, byStep }) => type === "number" && !byStep && LABELS.test(name),
  );
  return found?.name ?? "";
}

/** Which label is meant, where nobody would guess; that the one that was chosen is not there; why there is none, and what is missing for it. */
export function labelNote(layer: Layer | null, wanted: Wanted): string | null {
  const label = labelOf(layer, wanted);
  if (layer === null) return null;
  const gone = wanted && wanted !== label ? `There is no column "${wanted}" here. ` : "";
  if (label === "label" && gone === "") return null;
  if (label !== null) return `${gone}Label: ${label}.`;
  const reason = wanted === "" ? "No label is chosen." : layer.label_reason;
  return `${gone}${reason} Metrics and findings that need labels are left out.`;
}

/** The columns whose classes may be named on the stage, the first that is there; right and wrong have no place of their own. */
export function namingColumns(color: string | null, label: string | null): (string | null)[] {
  return color === CORRECTNESS ? [label] : [color, label];
}

/** As an argument of a request; nothing where the layer's own label holds. */
export function labelQuery(label: string | undefined): { readonly label?: string } {
  return label === undefined ? {} : { label };
}

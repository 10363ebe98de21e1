// Which labels are predicted as which classes at the step that is shown; a cell selects its samples.
import { HeatMap } from "../../charts/heat_map";
import { legibleRamp } from "../../ramp";
import { shownStep } from "../../state/derived/titles";
import type { SectionProps } from "../layer_section";
import type { Confusion } from "./model";
import { selectConfused } from "./select_confused";

export function ConfusionPanel({ store, answers }: SectionProps<{ confusion: Confusion }>) {
  const { confusion } = answers;
  if (store.measures.metrics.value === null)
    return <p role="status">The layer is being measured…</p>;
  if (!store.measures.hasOutputs.value) {
    return <p>The model's outputs, or the labels that belong to them, were not recorded.</p>;
  }
  if (confusion === null) return <p role="status">Predictions are being counted…</p>;
  const { step, classes, counts } = confusion;
  const ramp = legibleRamp(store.theme.value);
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const right = counts.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const all = totals.reduce((sum, total) => sum + total, 0);
  const most = Math.max(1, ...counts.flat());
  return (
    <div class="confusion">
      <p>
        Step {shownStep(store, step)}: {right.toLocaleString("en-US")} of{" "}
        {all.toLocaleString("en-US")} right. A row is a label, a column a predicted class.
      </p>
      <HeatMap
        name={`Confusion of ${classes.length} classes at step ${shownStep(store, step)}, ${right} of ${all} samples right; arrow keys move, Enter selects a cell's samples`}
        values={counts}
        numbers
        headings={classes}
        paint={(count) => (count === 0 ? null : ramp(Math.sqrt(count / most)))}
        framed={null}
        say={({ row, column }) =>
          `Label ${classes[row]}, predicted ${classes[column]}: ${counts[row]?.[column] ?? 0}`
        }
        choose={({ row, column }) => {
          if (counts[row]?.[column]) selectConfused(store, step, row, column);
        }}
      />
    </div>
  );
}

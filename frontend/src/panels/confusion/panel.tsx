// Which labels are predicted as which classes at the step that is shown; a cell selects its samples.

import { HeatMap } from "../../charts/heat_map";
import { capitalized } from "../../model/text/words";
import { legibleRamp } from "../../ramp";
import { namedStep } from "../../state/derived/titles";
import type { SectionProps } from "../layer_section";
import type { Confusion } from "./model";
import { selectConfused } from "./select_confused";

export function ConfusionPanel({ store, answers }: SectionProps<{ confusion: Confusion }>) {
  const { confusion } = answers;
  if (store.measures.metrics.value === null) return <p role="status">Measuring the layer…</p>;
  if (!store.measures.hasOutputs.value) {
    return <p>Needs recorded model outputs whose classes are the labels.</p>;
  }
  if (confusion === null) return <p role="status">Counting predictions…</p>;
  const { step, classes, counts } = confusion;
  const ramp = legibleRamp(store.theme.value);
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const right = counts.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const all = totals.reduce((sum, total) => sum + total, 0);
  const most = Math.max(1, ...counts.flat());
  return (
    <div class="confusion">
      <p>
        {capitalized(namedStep(store, step))}: {right.toLocaleString("en-US")} of{" "}
        {all.toLocaleString("en-US")} predicted correctly.
      </p>
      <HeatMap
        name={`Confusion of ${classes.length} classes at ${namedStep(store, step)}, ${right} of ${all} correct; arrow keys move, Enter selects samples`}
        values={counts}
        numbers
        axes={["label", "predicted class"]}
        headings={[classes, classes]}
        low={1}
        high={most}
        limits={["1 sample", `${most.toLocaleString("en-US")} samples`]}
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

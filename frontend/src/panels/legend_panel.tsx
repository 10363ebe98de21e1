// What the colours mean, and how many samples have each.
import type { Legend, LegendEntry } from "../color";
import type { Store } from "../state/store";
import { write_number } from "../state/table";

export function LegendPanel({ store }: { store: Store }) {
  const legend = store.coloring.value?.legend;
  if (legend === undefined || legend.kind === "none") return null;
  return (
    <section class="legend">
      <h2>{store.color_by.value}</h2>
      {legend.kind === "categories" ? (
        <Entries entries={legend.entries} />
      ) : (
        <RampLegend legend={legend} />
      )}
    </section>
  );
}

function Entries({ entries }: { entries: readonly LegendEntry[] }) {
  return (
    <ul aria-label="Legend">
      {entries.map(({ name, count, color, hollow }) => (
        <li key={name}>
          <span
            class="swatch"
            style={hollow ? { border: `2px solid ${color}` } : { background: color }}
          />
          <span class="name" title={name}>
            {name}
          </span>
          <span class="count">{count.toLocaleString("en-US")}</span>
        </li>
      ))}
    </ul>
  );
}

function RampLegend({ legend }: { legend: Extract<Legend, { kind: "ramp" }> }) {
  const low = write_number(legend.low);
  const high = write_number(legend.high);
  return (
    <>
      <div
        class="ramp"
        role="img"
        aria-label={`Colors from ${low} or less to ${high} or more`}
        style={{ background: legend.gradient }}
      />
      <div class="limits" aria-hidden="true">
        <span>≤ {low}</span>
        <span>≥ {high}</span>
      </div>
      {legend.missing !== null && <Entries entries={[legend.missing]} />}
    </>
  );
}

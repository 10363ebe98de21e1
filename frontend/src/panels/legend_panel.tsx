// What the colours mean, how many samples have each, and which of them are shown: each entry is a switch.
import type { Legend, LegendEntry } from "../color";
import { write_moment } from "../dates";
import { isolate_entry, select_entry, toggle_entry } from "../state/choose";
import { color_title } from "../state/colors";
import { hidden_in } from "../state/filters";
import type { Store } from "../state/store";
import { write_number } from "../state/table";

export function LegendPanel({ store }: { store: Store }) {
  const legend = store.coloring.value?.legend;
  const column = store.color_by.value;
  if (legend === undefined || legend.kind === "none" || column === null) return null;
  const missing = legend.kind === "ramp" && legend.missing !== null ? [legend.missing] : [];
  const entries = legend.kind === "categories" ? legend.entries : missing;
  return (
    <section class="legend">
      <h2>{color_title(column)}</h2>
      {legend.kind === "ramp" && <Ramp legend={legend} />}
      {entries.length > 0 && (
        <ul aria-label="Legend">
          {entries.map((entry) => (
            <Entry key={entry.name} store={store} column={column} legend={legend} entry={entry} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface EntryProps {
  readonly store: Store;
  readonly column: string;
  readonly legend: Legend;
  readonly entry: LegendEntry;
}

function Entry({ store, column, legend, entry }: EntryProps) {
  const { name, count, color, hollow, codes } = entry;
  const hidden = hidden_in(store.choosing.filters.value.get(column));
  const shown = !codes.every((code) => hidden.has(code));
  const press = (event: MouseEvent | KeyboardEvent) => {
    if (event.altKey) isolate_entry(store, column, entry, legend);
    else if (event.shiftKey) select_entry(store, column, entry, "add");
    else if (event.ctrlKey || event.metaKey) select_entry(store, column, entry, "subtract");
    else toggle_entry(store, column, entry);
  };
  return (
    <li class={shown ? "" : "off"}>
      <button
        type="button"
        class="entry"
        aria-pressed={shown}
        title={`${name}: click hides or shows, Alt shows alone, Shift selects`}
        onClick={press}
        onKeyDown={(event) => {
          // Browsers click on Enter only without other keys.
          if (event.key !== "Enter" || !(event.altKey || event.shiftKey || event.ctrlKey)) return;
          event.preventDefault();
          press(event);
        }}
      >
        <span
          class="swatch"
          style={hollow ? { border: `2px solid ${color}` } : { background: color }}
        />
        <span class="name">{name}</span>
        <span class="count">{count.toLocaleString("en-US")}</span>
      </button>
      {legend.kind === "categories" && (
        <button
          type="button"
          class="icon only"
          aria-label={`Show ${name} alone`}
          title="Show alone (Alt-click)"
          onClick={() => isolate_entry(store, column, entry, legend)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path
              d="M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10zm0 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"
              fill-rule="evenodd"
            />
          </svg>
        </button>
      )}
    </li>
  );
}

function Ramp({ legend }: { legend: Extract<Legend, { kind: "ramp" }> }) {
  const span = legend.high - legend.low;
  const write = (value: number) =>
    legend.of_time ? write_moment(value, span) : write_number(value);
  const low = write(legend.low);
  const high = write(legend.high);
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
        {legend.of_time && span > 0 && low.length <= 10 && (
          <span>{write(legend.low + span / 2)}</span>
        )}
        <span>≥ {high}</span>
      </div>
    </>
  );
}

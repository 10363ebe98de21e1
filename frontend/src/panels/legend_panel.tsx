// What the colours mean, how many samples have each, and which of them are shown: each entry is a switch.
import { useState } from "preact/hooks";
import { Choice } from "../controls/choice";
import { writeMoment } from "../dates";
import type { Legend, LegendEntry } from "../legend";
import { hiddenIn } from "../model/samples/filters";
import { writeNumber } from "../model/samples/table";
import { type Treatment, treatmentOf } from "../model/samples/treatment";
import { COLORS } from "../palette";
import { colorOnly, treatAs } from "../state/actions/choose_samples";
import { colorTitle } from "../state/derived/colors";
import { coloredInWords } from "../state/parts/class_groups";
import type { Store } from "../state/store";

export function LegendPanel({ store }: { store: Store }) {
  const legend = store.coloring.value?.legend;
  const column = store.colorBy.value;
  if (legend === undefined || legend.kind === "none" || column === null) return null;
  const missing = legend.kind === "ramp" && legend.missing !== null ? [legend.missing] : [];
  const groups = legend.kind === "categories" ? legend.groups : undefined;
  const entries = legend.kind === "categories" ? (groups ?? legend.entries) : missing;
  return (
    <section class="legend">
      <h2>{colorTitle(store, column)}</h2>
      <Treated store={store} column={column} />
      {legend.kind === "categories" && groups !== undefined && (
        <ManyClasses store={store} column={column} legend={legend} />
      )}
      <ColoredOnly store={store} column={column} />
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

/** Whole numbers with few values are numbers or classes, as one likes. */
function Treated({ store, column }: { store: Store; column: string }) {
  const recorded = store.table.value?.find(({ name }) => name === column);
  const treatment = recorded && treatmentOf(recorded, store.treatments.value, store.label.value);
  if (!treatment) return null;
  return (
    <Choice
      name="Whole numbers"
      options={[
        { value: "number", name: "As number", title: "Use a color scale" },
        { value: "classes", name: "As classes", title: "Use one color per value" },
      ]}
      chosen={treatment}
      choose={(one) => treatAs(store, column, one as Treatment)}
    />
  );
}

/** So many are listed at once. */
const MOST_FOUND = 100;

/** More classes than colours: similar ones share one; the others are found by name. */
function ManyClasses({ store, column, legend }: Omit<EntryProps, "entry">) {
  const [text, type] = useState("");
  const all = legend.kind === "categories" ? legend.entries.filter(({ hollow }) => !hollow) : [];
  const wanted = text.trim().toLowerCase();
  const found = wanted === "" ? [] : all.filter(({ name }) => name.toLowerCase().includes(wanted));
  const left = found.length - MOST_FOUND;
  return (
    <div class="many">
      <p class="note">
        {all.length.toLocaleString("en-US")} classes: similar classes share a color.
      </p>
      <input
        type="search"
        aria-label="Find classes"
        placeholder="Find classes"
        title="List the classes whose names contain this text"
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {wanted !== "" && (
        <>
          <p class="note" role="status">
            {found.length.toLocaleString("en-US")} found
            {left > 0 && `, first ${MOST_FOUND} listed`}.{" "}
            {found.length > 0 && (
              <button
                type="button"
                title="Color these classes; all others turn gray"
                onClick={() => colorOnly(store, text)}
              >
                Color only these
              </button>
            )}
          </p>
          <ul aria-label="Classes found">
            {found.slice(0, MOST_FOUND).map((entry) => (
              <Entry key={entry.name} store={store} column={column} legend={legend} entry={entry} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** Which classes have colors of their own, where not all do, and the way back. */
function ColoredOnly({ store, column }: { store: Store; column: string }) {
  const only = store.colorOnly.value;
  const classes = store.samples.columns.value.find(({ name }) => name === column);
  if (only === "" || classes?.type !== "category" || classes.words.length <= COLORS) return null;
  return (
    <p class="note colored-only">
      {coloredInWords(classes, only)}
      <button
        type="button"
        title="Color all classes by their groups again"
        onClick={() => colorOnly(store, "")}
      >
        Color all classes
      </button>
    </p>
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
  const hidden = hiddenIn(store.samples.filters.value.get(column));
  const shown = !codes.every((code) => hidden.has(code));
  const press = (event: MouseEvent | KeyboardEvent) => {
    if (event.altKey) store.samples.isolateEntry(column, entry, legend);
    else if (event.shiftKey) store.samples.selectEntry(column, entry, "add");
    else if (event.ctrlKey || event.metaKey) store.samples.selectEntry(column, entry, "subtract");
    else store.samples.toggleEntry(column, entry);
  };
  return (
    <li class={shown ? "" : "off"}>
      <button
        type="button"
        class="entry"
        aria-pressed={shown}
        title={`${name}: click to hide or show, Alt-click for this only, Shift-click to select`}
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
          aria-label={`Show only ${name}`}
          title="Show only this (Alt-click)"
          onClick={() => store.samples.isolateEntry(column, entry, legend)}
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
  const write = (value: number) => (legend.ofTime ? writeMoment(value, span) : writeNumber(value));
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
        {legend.ofTime && span > 0 && low.length <= 10 && (
          <span>{write(legend.low + span / 2)}</span>
        )}
        <span>≥ {high}</span>
      </div>
    </>
  );
}

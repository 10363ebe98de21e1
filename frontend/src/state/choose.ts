// What the user can want of samples: to find, select, look at, hide, tag and keep them.
import { batch } from "@preact/signals";
import type { Legend, LegendEntry } from "../color";
import type { Combining, Path, Tool } from "../types";
import type { InspectorTab } from "./choosing";
import { type Filter, onlyClasses, toggleClasses } from "./filters";
import type { NamedSelection } from "./kept";
import type { Rule } from "./rules";
import { combine, idsIn, neighborIn, type Reason } from "./selection";
import type { Store } from "./store";
import { type Tag, tagged } from "./tags";
import type { Treatment } from "./treated";
import { until } from "./until";

export function chooseTool(store: Store, tool: Tool): void {
  store.choosing.tool.value = tool;
}

export function clickSample(store: Store, sample: number, how: Combining): void {
  const { choosing } = store;
  batch(() => {
    select(store, [sample], "click", how);
    if (how !== "subtract") lookAt(store, sample);
    else if (choosing.sample.value === sample) choosing.sample.value = null;
  });
}

/** Selects a set of samples; with more than one there is no single one to look at any more. */
export function select(
  store: Store,
  ids: readonly number[],
  reason: Reason,
  how: Combining = "replace",
  rule: Rule | null = null,
): void {
  const { selection, sample, samples, tab, inspectorDue, letThrough, unseen } = store.choosing;
  const hidden = new Set(unseen.value);
  const drawn = hidden.size === 0 ? ids : ids.filter((id) => !hidden.has(id));
  batch(() => {
    dismissNotSearched(store);
    // A rule does not know what was hidden then.
    const lasting = letThrough.value === null ? rule : null;
    selection.value = combine(selection.value, drawn, samples.value, reason, how, lasting);
    inspectorDue.value = true;
    if (reason === "click") return;
    sample.value = null;
    tab.value = "Selection";
  });
}

/** Selects what an outline encloses; one with places in the scene can be laid around the same samples again. */
export function enclose(
  store: Store,
  ids: readonly number[],
  how: Combining,
  outline: Path | null,
): void {
  const step = store.pinned.value ?? store.step.value;
  const shown = store.motion.shown.value;
  const liesStill = shown !== null && shown.from === shown.to;
  const lasting = outline !== null && step !== null && liesStill;
  const rule: Rule | null = lasting ? { kind: "outline", outline, step } : null;
  select(store, ids, store.choosing.tool.value === "box" ? "box" : "lasso", how, rule);
}

export function clearSelection(store: Store): void {
  batch(() => {
    store.choosing.selection.value = null;
    store.choosing.sample.value = null;
  });
}

/** Shows a sample's card; the selection stays. */
export function lookAt(store: Store, sample: number): void {
  batch(() => {
    store.choosing.sample.value = sample;
    store.choosing.tab.value = "Sample";
    store.choosing.inspectorDue.value = true;
  });
}

/** Shows where a sample of a list lies on the stage. */
export function pointAt(store: Store, sample: number | null): void {
  store.choosing.pointed.value = sample;
}

/** To the next or previous one of those selected, or of all that are shown. */
export function lookFurther(store: Store, places: 1 | -1): void {
  const { selection, visible, sample, samples } = store.choosing;
  const several = selection.value !== null && selection.value.count > 1;
  const among = several ? selection.value?.mask : visible.value;
  const ids = among ? idsIn(among) : Array.from({ length: samples.value }, (_, i) => i);
  if (ids.length === 0) return;
  const next = neighborIn(ids, sample.value, places);
  if (several || selection.value === null) lookAt(store, next);
  else clickSample(store, next, "replace");
}

export function chooseTab(store: Store, tab: InspectorTab): void {
  store.choosing.tab.value = tab;
}

export function toggleInspector(store: Store): void {
  const { inspectorWanted, inspectorOpen } = store.choosing;
  inspectorWanted.value = !inspectorOpen.value;
}

export function isolate(store: Store): void {
  const { selection, isolated } = store.choosing;
  if (selection.value !== null) isolated.value = selection.value.mask;
}

export function showAll(store: Store): void {
  batch(() => {
    store.choosing.isolated.value = null;
    store.choosing.filters.value = new Map();
  });
}

export function searchFor(store: Store, query: string): void {
  store.choosing.query.value = query;
}

/** Waits for a search that is under way, unless something else is asked meanwhile. */
export async function selectFound(store: Store, how: Combining): Promise<void> {
  const { found, query } = store.choosing;
  const asked = query.value;
  const over = () => found.value?.kind !== "searching" || query.value !== asked;
  if (!over()) await until(over, new AbortController().signal);
  const rule: Rule = { kind: "query", query: asked };
  if (found.value?.kind === "samples" && query.value === asked) {
    select(store, found.value.ids, "search", how, rule);
  }
}

export function dismissNotSearched(store: Store): void {
  store.choosing.notSearched.value = null;
}

export function toggleEntry(store: Store, column: string, entry: LegendEntry): void {
  const filter = store.choosing.filters.value.get(column);
  setFilter(store, column, toggleClasses(filter, entry.codes));
}

export function isolateEntry(
  store: Store,
  column: string,
  entry: LegendEntry,
  legend: Legend,
): void {
  const all = legend.kind === "categories" ? legend.entries.flatMap(({ codes }) => codes) : [];
  const filter = store.choosing.filters.value.get(column);
  setFilter(store, column, onlyClasses(filter, entry.codes, all));
}

/** Selects all shown samples of a legend entry. */
export function selectEntry(store: Store, name: string, entry: LegendEntry, how: Combining): void {
  const column = store.choosing.columns.value.find((one) => one.name === name);
  const shown = store.choosing.visible.value;
  if (column?.type !== "category") return;
  const codes = new Set(entry.codes);
  const ids: number[] = [];
  for (const [i, code] of column.codes.entries()) {
    if (codes.has(code) && shown?.[i] !== 0) ids.push(i);
  }
  const [word, ...others] = entry.codes.map((code) => column.words[code]);
  // One class is a query, several would be many.
  const asks = word !== undefined && others.length === 0 && !/"/.test(name + word);
  const rule: Rule | null = asks ? { kind: "query", query: `"${name}":"${word}"` } : null;
  select(store, ids, "legend", how, rule);
}

/** Shows a column of whole numbers as numbers or as classes; a filter of the other kind says nothing any more. */
export function treatAs(store: Store, column: string, treatment: Treatment): void {
  batch(() => {
    store.treatments.value = new Map([...store.treatments.value, [column, treatment]]);
    setFilter(store, column, null);
  });
}

/** Colours the classes whose names hold a text; "" colours all. */
export function colorOnly(store: Store, text: string): void {
  store.colorOnly.value = text.trim();
}

/** Null lifts the filter. */
export function setFilter(store: Store, column: string, filter: Filter | null): void {
  const filters = new Map(store.choosing.filters.value);
  if (filter === null) filters.delete(column);
  else filters.set(column, filter);
  store.choosing.filters.value = filters;
}

export function tagSamples(store: Store, ids: readonly number[], tag: Tag): void {
  store.choosing.tags.value = tagged(store.choosing.tags.value, ids, tag);
}

/** The samples that keys tag: the one that is looked at, else those selected. */
export function samplesToTag(store: Store): readonly number[] {
  const { sample, tab } = store.choosing;
  return sample.value !== null && tab.value === "Sample" ? [sample.value] : selectedIds(store);
}

export function selectedIds(store: Store): readonly number[] {
  const selection = store.choosing.selection.value;
  return selection === null ? [] : idsIn(selection.mask);
}

/** A name that is there already gets the new samples. */
export function nameSelection(store: Store, name: string): void {
  const { selection, named } = store.choosing;
  if (selection.value === null || name.trim() === "") return;
  const one: NamedSelection = { name: name.trim(), ids: idsIn(selection.value.mask) };
  named.value = [...named.value.filter((other) => other.name !== one.name), one];
}

export function forgetSelection(store: Store, name: string): void {
  store.choosing.named.value = store.choosing.named.value.filter((one) => one.name !== name);
}

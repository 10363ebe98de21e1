// The part of the store that says which samples somebody has found and chosen.
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Legend, LegendEntry } from "../../legend";
import { MARK } from "../../marks";
import {
  type Filter,
  type Filters,
  onlyClasses,
  passing,
  toggleClasses,
} from "../../model/samples/filters";
import { readQuery, type Search } from "../../model/samples/search";
import type { PatternSearch, SearchResult } from "../../model/samples/search_result";
import { combine, idsIn, type Reason, type Selection } from "../../model/samples/selection";
import { rowsOf, type Table } from "../../model/samples/table";
import { type Tag, type Tags, tagColumn, tagged } from "../../model/samples/tags";
import type { NamedSelection } from "../../model/text/browser_storage";
import type { SelectionRecipe } from "../../model/text/selection_recipe";
import type { Combining, Path, Tool } from "../../types";
import { until } from "./until";

export const INSPECTOR_TABS = ["Findings", "Selection", "Sample", "Layer"] as const;
export type InspectorTab = (typeof INSPECTOR_TABS)[number];

export class SamplesState {
  readonly tool: Signal<Tool> = signal("pan");
  /** What is being drawn on the stage. */
  readonly sketch: Signal<Path | null> = signal(null);
  readonly selection: Signal<Selection | null> = signal(null);
  /** The selection is that of the mistakes, and follows the step. */
  readonly mistakesShown: Signal<boolean> = signal(false);
  /** The sample whose card is shown. */
  readonly sample: Signal<number | null> = signal(null);
  /** Its neighbours, which stay in full colour. */
  readonly near: Signal<ReadonlySet<number>> = signal(new Set());
  /** The sample that is pointed at in a list. */
  readonly pointed: Signal<number | null> = signal(null);
  /** 1 for each sample that is shown while the others are hidden. */
  readonly isolated: Signal<Uint8Array | null> = signal(null);
  readonly filters: Signal<Filters> = signal(new Map());
  readonly query: Signal<string> = signal("");
  readonly tags: Signal<Tags> = signal(new Map());
  readonly named: Signal<readonly NamedSelection[]> = signal([]);
  /** The browser has refused to keep tags and named selections. */
  readonly unkept: Signal<boolean> = signal(false);
  readonly tab: Signal<InspectorTab> = signal("Findings");
  /** As somebody has put it; null while it opens by itself. */
  readonly requestedInspector: Signal<boolean | null> = signal(null);
  /** The window is wide enough for an inspector that opens by itself. */
  readonly wideEnough: Signal<boolean> = signal(false);
  readonly inspectorOpen: ReadonlySignal<boolean>;
  /** The recorded columns, and the tags as one more. */
  readonly columns: ReadonlySignal<Table>;
  /** What is asked in the search field; null where that is nothing. */
  readonly search: ReadonlySignal<Search | null>;
  readonly tried: Signal<PatternSearch | null> = signal(null);
  readonly found: ReadonlySignal<SearchResult | null>;
  /** Why what an address or a bookmark selects was not searched for; null where it was. */
  readonly notSearched: Signal<string | null> = signal(null);
  /** 1 for each sample that is drawn: isolation and filters let it through; null where nothing is hidden. */
  readonly visible: ReadonlySignal<Uint8Array | null>;
  /** The same, of all samples that could be drawn. */
  readonly letThrough: ReadonlySignal<Uint8Array | null>;
  /** How each sample is marked on the stage. */
  readonly marks: ReadonlySignal<Uint8Array>;

  constructor(
    readonly count: ReadonlySignal<number>,
    table: ReadonlySignal<Table | null>,
    /** The column that is the label. */
    label: ReadonlySignal<string | null> = signal(null),
    /** Samples that cannot be drawn. */
    readonly unseen: ReadonlySignal<readonly number[]> = signal([]),
    /** 1 for each sample that its color puts on top of the others. */
    raised: ReadonlySignal<Uint8Array | null> = signal(null),
  ) {
    this.inspectorOpen = computed(() => this.requestedInspector.value ?? this.wideEnough.value);
    this.columns = computed(() => {
      const recorded = (table.value ?? []).filter((column) => rowsOf(column) === count.value);
      const name = recorded.some((column) => column.name === "tag") ? "my tag" : "tag";
      return [...recorded, tagColumn(this.tags.value, count.value, name)];
    });
    this.letThrough = computed(() => {
      const passed = passing(this.filters.value, this.columns.value, count.value);
      const isolated = this.isolated.value;
      if (isolated?.length !== count.value) return passed;
      return passed === null ? isolated : isolated.map((one, i) => one & (passed[i] as number));
    });
    this.search = computed(() => {
      const numbers = { label: label.value, samples: count.value };
      return readQuery(this.query.value, this.columns.value, numbers);
    });
    this.visible = computed(() => without(unseen.value, this.letThrough.value, count.value));
    this.found = computed(() => {
      const search = this.search.value;
      if (search === null) return null;
      if ("error" in search) return { kind: "error", message: search.error };
      const tried = this.tried.value;
      const known = tried?.search === search ? tried : { search, share: 0 };
      if ("error" in known) return { kind: "error", message: known.error };
      if (search.patterns.length > 0 && "share" in known) {
        return { kind: "searching", share: known.share };
      }
      const masks = "masks" in known ? known.masks : [];
      const shown = this.visible.value;
      const ids: number[] = [];
      let among = 0;
      for (let i = 0; i < count.value; i += 1) {
        if (shown !== null && shown[i] === 0) continue;
        among += 1;
        if (search.matches(i, masks)) ids.push(i);
      }
      return { kind: "samples", ids, among };
    });
    this.marks = computed(() => {
      const visible = this.visible.value;
      const mask = this.selection.value?.mask;
      // Nothing is dimmed for the sake of samples that are hidden.
      const selected = mask?.some((one, i) => one === 1 && visible?.[i] !== 0) ? mask : undefined;
      const sample = this.sample.value;
      const near = this.near.value;
      const marks = new Uint8Array(count.value);
      for (let i = 0; i < marks.length; i += 1) {
        if (visible !== null && visible[i] === 0) marks[i] = MARK.hidden;
        else if (i === sample) marks[i] = MARK.chosen;
        else if (selected !== undefined) {
          marks[i] = selected[i] ? MARK.selected : near.has(i) ? MARK.plain : MARK.dimmed;
        } else if (raised.value?.[i] === 1) marks[i] = MARK.raised;
      }
      return marks;
    });
  }

  chooseTool(tool: Tool): void {
    this.tool.value = tool;
  }

  clearSelection(): void {
    batch(() => {
      this.selection.value = null;
      this.sample.value = null;
      this.mistakesShown.value = false;
    });
  }

  /** Shows a sample's card; the selection stays. */
  lookAt(sample: number): void {
    batch(() => {
      this.sample.value = sample;
      this.tab.value = "Sample";
    });
  }

  /** Shows where a sample of a list lies on the stage. */
  pointAt(sample: number | null): void {
    this.pointed.value = sample;
  }

  chooseTab(tab: InspectorTab): void {
    this.tab.value = tab;
  }

  toggleInspector(): void {
    const { requestedInspector, inspectorOpen } = this;
    requestedInspector.value = !inspectorOpen.value;
  }

  isolate(): void {
    const { selection, isolated } = this;
    if (selection.value !== null) isolated.value = selection.value.mask;
  }

  showAll(): void {
    batch(() => {
      this.isolated.value = null;
      this.filters.value = new Map();
    });
  }

  searchFor(query: string): void {
    this.query.value = query;
  }

  dismissNotSearched(): void {
    this.notSearched.value = null;
  }

  /** Selects a set of samples; with more than one there is no single one to look at any more. */
  select(
    ids: readonly number[],
    reason: Reason,
    how: Combining = "replace",
    rule: SelectionRecipe | null = null,
  ): void {
    const { selection, sample, count, tab, letThrough, unseen } = this;
    const hidden = new Set(unseen.value);
    const drawn = hidden.size === 0 ? ids : ids.filter((id) => !hidden.has(id));
    batch(() => {
      this.dismissNotSearched();
      if (reason !== "mistakes") this.mistakesShown.value = false;
      // A rule does not know what was hidden then.
      const lasting = letThrough.value === null ? rule : null;
      selection.value = combine(selection.value, drawn, count.value, reason, how, lasting);
      if (reason === "click") return;
      sample.value = null;
      tab.value = "Selection";
    });
  }

  /** Selects the mistakes, which one goes through in this order, without leaving what lists them. */
  selectMistakes(ids: readonly number[]): void {
    const found = combine(null, ids, this.count.value, "mistakes", "replace");
    this.selection.value = found && { ...found, order: ids };
  }

  /** Waits for a search that is under way, unless something else is asked meanwhile. */
  async selectFound(how: Combining): Promise<void> {
    const { found, query } = this;
    const asked = query.value;
    const over = () => found.value?.kind !== "searching" || query.value !== asked;
    if (!over()) await until(over, new AbortController().signal);
    const rule: SelectionRecipe = { kind: "query", query: asked };
    if (found.value?.kind === "samples" && query.value === asked) {
      this.select(found.value.ids, "search", how, rule);
    }
  }

  /** Selects all shown samples of a legend entry. */
  selectEntry(name: string, entry: LegendEntry, how: Combining): void {
    const column = this.columns.value.find((one) => one.name === name);
    const shown = this.visible.value;
    if (column?.type !== "category") return;
    const codes = new Set(entry.codes);
    const ids: number[] = [];
    for (const [i, code] of column.codes.entries()) {
      if (codes.has(code) && shown?.[i] !== 0) ids.push(i);
    }
    const [word, ...others] = entry.codes.map((code) => column.words[code]);
    // One class is a query, several would be many.
    const asks = word !== undefined && others.length === 0 && !/"/.test(name + word);
    const rule: SelectionRecipe | null = asks
      ? { kind: "query", query: `"${name}":"${word}"` }
      : null;
    this.select(ids, "legend", how, rule);
  }

  /** Null lifts the filter. */
  setFilter(column: string, filter: Filter | null): void {
    const filters = new Map(this.filters.value);
    if (filter === null) filters.delete(column);
    else filters.set(column, filter);
    this.filters.value = filters;
  }

  toggleEntry(column: string, entry: LegendEntry): void {
    const filter = this.filters.value.get(column);
    this.setFilter(column, toggleClasses(filter, entry.codes));
  }

  isolateEntry(column: string, entry: LegendEntry, legend: Legend): void {
    const all = legend.kind === "categories" ? legend.entries.flatMap(({ codes }) => codes) : [];
    const filter = this.filters.value.get(column);
    this.setFilter(column, onlyClasses(filter, entry.codes, all));
  }

  tagSamples(ids: readonly number[], tag: Tag): void {
    this.tags.value = tagged(this.tags.value, ids, tag);
  }

  selectedIds(): readonly number[] {
    const selection = this.selection.value;
    return selection === null ? [] : idsIn(selection.mask);
  }

  /** The samples that keys tag: the one that is looked at, else those selected. */
  samplesToTag(): readonly number[] {
    const { sample, tab } = this;
    return sample.value !== null && tab.value === "Sample" ? [sample.value] : this.selectedIds();
  }

  /** A name that is there already gets the new samples. */
  nameSelection(name: string): void {
    const { selection, named } = this;
    if (selection.value === null || name.trim() === "") return;
    const one: NamedSelection = { name: name.trim(), ids: idsIn(selection.value.mask) };
    named.value = [...named.value.filter((other) => other.name !== one.name), one];
  }

  forgetSelection(name: string): void {
    this.named.value = this.named.value.filter((one) => one.name !== name);
  }
}

function without(unseen: readonly number[], passed: Uint8Array | null, samples: number) {
  if (unseen.length === 0) return passed;
  const mask = passed?.slice() ?? new Uint8Array(samples).fill(1);
  for (const sample of unseen) mask[sample] = 0;
  return mask;
}

// The part of the store that says which samples somebody has found and chosen. `choose.ts` holds what changes it.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { MARK } from "../marks";
import type { Path, Tool } from "../types";
import { type Filters, passing } from "./filters";
import type { NamedSelection } from "./kept";
import { type Masks, readQuery, type Search } from "./search";
import type { Selection } from "./selection";
import { rowsOf, type Table } from "./table";
import { type Tags, tagColumn } from "./tags";

export const INSPECTOR_TABS = ["Findings", "Selection", "Sample", "Layer"] as const;
export type InspectorTab = (typeof INSPECTOR_TABS)[number];

/** What the search field has found; nothing has been asked where it is null. */
export type Found =
  | { readonly kind: "samples"; readonly ids: readonly number[]; readonly among: number }
  /** Regular expressions are being tried: on which share of the texts they have been. */
  | { readonly kind: "searching"; readonly share: number }
  | { readonly kind: "error"; readonly message: string };

/** What the worker has said of a query's regular expressions. */
export type Tried =
  | { readonly search: Search; readonly masks: Masks }
  | { readonly search: Search; readonly share: number }
  | { readonly search: Search; readonly error: string };

export class Choosing {
  readonly tool: Signal<Tool> = signal("pan");
  /** What is being drawn on the stage. */
  readonly sketch: Signal<Path | null> = signal(null);
  readonly selection: Signal<Selection | null> = signal(null);
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
  readonly tab: Signal<InspectorTab> = signal("Selection");
  /** As somebody has put it; null while it opens by itself. */
  readonly inspectorWanted: Signal<boolean | null> = signal(null);
  /** There has been something to inspect; that there no longer is must not move the stage again. */
  readonly inspectorDue: Signal<boolean> = signal(false);
  /** The window is wide enough for an inspector that opens by itself. */
  readonly room: Signal<boolean> = signal(false);
  readonly inspectorOpen: ReadonlySignal<boolean>;
  /** The recorded columns, and the tags as one more. */
  readonly columns: ReadonlySignal<Table>;
  /** What is asked in the search field; null where that is nothing. */
  readonly search: ReadonlySignal<Search | null>;
  readonly tried: Signal<Tried | null> = signal(null);
  readonly found: ReadonlySignal<Found | null>;
  /** Why what an address or a bookmark selects was not searched for; null where it was. */
  readonly notSearched: Signal<string | null> = signal(null);
  /** 1 for each sample that is drawn: isolation and filters let it through; null where nothing is hidden. */
  readonly visible: ReadonlySignal<Uint8Array | null>;
  /** The same, of all samples that could be drawn. */
  readonly letThrough: ReadonlySignal<Uint8Array | null>;
  /** How each sample is marked on the stage. */
  readonly marks: ReadonlySignal<Uint8Array>;

  constructor(
    readonly samples: ReadonlySignal<number>,
    table: ReadonlySignal<Table | null>,
    /** Samples that cannot be drawn. */
    readonly unseen: ReadonlySignal<readonly number[]> = signal([]),
  ) {
    this.inspectorOpen = computed(() => {
      return this.inspectorWanted.value ?? (this.room.value && this.inspectorDue.value);
    });
    this.columns = computed(() => {
      const recorded = (table.value ?? []).filter((column) => rowsOf(column) === samples.value);
      const name = recorded.some((column) => column.name === "tag") ? "my tag" : "tag";
      return [...recorded, tagColumn(this.tags.value, samples.value, name)];
    });
    this.letThrough = computed(() => {
      const passed = passing(this.filters.value, this.columns.value, samples.value);
      const isolated = this.isolated.value;
      if (isolated?.length !== samples.value) return passed;
      return passed === null ? isolated : isolated.map((one, i) => one & (passed[i] as number));
    });
    this.search = computed(() => readQuery(this.query.value, this.columns.value));
    this.visible = computed(() => without(unseen.value, this.letThrough.value, samples.value));
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
      for (let i = 0; i < samples.value; i += 1) {
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
      const marks = new Uint8Array(samples.value);
      for (let i = 0; i < marks.length; i += 1) {
        if (visible !== null && visible[i] === 0) marks[i] = MARK.hidden;
        else if (i === sample) marks[i] = MARK.chosen;
        else if (selected !== undefined) {
          marks[i] = selected[i] ? MARK.selected : near.has(i) ? MARK.plain : MARK.dimmed;
        }
      }
      return marks;
    });
  }
}

function without(unseen: readonly number[], passed: Uint8Array | null, samples: number) {
  if (unseen.length === 0) return passed;
  const mask = passed?.slice() ?? new Uint8Array(samples).fill(1);
  for (const sample of unseen) mask[sample] = 0;
  return mask;
}

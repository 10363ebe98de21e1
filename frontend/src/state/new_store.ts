// A store of which nothing is known yet, and what follows from what in it.
import { computed, signal } from "@preact/signals";
import { label_query } from "../api";
import {
  type Coloring,
  color_alike,
  color_by_category,
  color_by_date,
  color_by_number,
} from "../color";
import type { Dimensions, Engine, Onto, Run, Theme, View } from "../types";
import { Activity } from "./activity";
import { Bookmarks } from "./bookmarks";
import { type ByStep, table_at } from "./by_step";
import { Choosing } from "./choosing";
import { type Category, ClassGroups, sharing_of } from "./class_groups";
import { Comparing } from "./comparing";
import type { Frames } from "./frames";
import { lacks_groups } from "./groups";
import { axes_need_label, label_of, said_label } from "./label";
import { Measuring } from "./measuring";
import { Motion } from "./motion";
import { Neighbors } from "./neighbors";
import { Showing } from "./showing";
import type { Store } from "./store";
import type { Table } from "./table";
import { type Treatments, treated } from "./treated";
import { COMPONENTS, type Turn } from "./turn";

export function create_store(reduced_motion: () => boolean, wide: boolean, second = false): Store {
  const activity = new Activity();
  const motion = new Motion(reduced_motion);
  const runs = signal<readonly Run[] | null>(null);
  const run_name = signal<string | null>(null);
  const layer_name = signal<string | null>(null);
  const color_by = signal<string | null>(null);
  const label_wanted = signal<string | null>(null);
  const words_before = signal<readonly string[]>([]);
  const treatments = signal<Treatments>(new Map());
  const color_only = signal("");
  const groups_before = signal<ReadonlyMap<string, number>>(new Map());
  const theme = signal<Theme>("light");
  const recorded = signal<Table | null>(null);
  const by_step = signal<ByStep>(new Map());
  const frames = signal<Frames | null>(null);

  const dimensions = signal<Dimensions>(2);
  const flying = signal(false);

  const run = computed(() => runs.value?.find((one) => one.run === run_name.value) ?? null);
  const layer = computed(
    () => run.value?.layers.find(({ name }) => name === layer_name.value) ?? null,
  );
  const label = computed(() => label_of(layer.value, label_wanted.value));
  const told_label = computed(() => said_label(layer.value, label_wanted.value));
  const samples = computed(() => layer.value?.samples ?? 0);
  const unseen = computed(() => layer.value?.hidden ?? []);
  const step = signal<number | null>(null);
  const steps = computed(() => layer.value?.steps ?? []);
  const at = computed(
    () => motion.shown.value?.at ?? Math.max(0, steps.value.indexOf(step.value ?? Number.NaN)),
  );
  const shown_step = computed(() => steps.value[Math.round(at.value)] ?? null);
  const table = computed(() => table_at(recorded.value, by_step.value, shown_step.value));
  const measuring = new Measuring({ color_by, at, steps, samples });
  const columns = computed(() => {
    const painted = measuring.painted.value;
    const shown =
      table.value?.map((column) => treated(column, treatments.value, label.value)) ?? null;
    return painted === null ? shown : [...(shown ?? []), painted.column];
  });
  const choosing = new Choosing(samples, columns, unseen);
  /** The tags are one of them. */
  const colored_by = computed(() =>
    choosing.columns.value.find(({ name }) => name === color_by.value),
  );
  const groups = new ClassGroups({ frames, steps, dimensions, groups_before });
  const sharing = (column: Category) => sharing_of(column, color_only.value, groups.of(column));
  const coloring = computed((): Coloring | null => {
    if (samples.value === 0) return null;
    const column = colored_by.value;
    if (column?.type === "category" && column.codes.length === samples.value) {
      const { codes, words, counts } = column;
      return color_by_category(
        codes,
        words,
        theme.value,
        words_before.value,
        counts,
        sharing(column),
        unseen.value,
      );
    }
    if (column?.type === "number" && column.values.length === samples.value) {
      const limits = measuring.painted.value?.limits ?? column.limits;
      return color_by_number(column.values, theme.value, limits, false, unseen.value);
    }
    if (column?.type === "date" && column.values.length === samples.value) {
      return color_by_date(column.values, theme.value, column.limits, unseen.value);
    }
    return color_alike(samples.value, theme.value);
  });
  const busy = computed(() => {
    const shown = motion.shown.value;
    const moving = shown !== null && shown.from !== shown.to;
    const loading = frames.value !== null && !frames.value.complete && !frames.value.idle;
    return moving || flying.value || loading || activity.waiting.value.length > 0;
  });

  const engine = signal("pca");
  const engines = signal<readonly Engine[]>([]);
  const settings = signal<Readonly<Record<string, View["settings"]>>>({});
  const turn = signal<Turn | null>(null);
  const onto_run = signal<string | null>(null);
  const onto = computed((): Onto | null => {
    const there = runs.value?.find((one) => one.run === onto_run.value);
    const other = there?.layers.find(({ name }) => name === layer_name.value) ?? there?.layers[0];
    if (there === undefined || other === undefined || there.run === run_name.value) return null;
    return { run: there.run, layer: other.name, version: other.version };
  });
  const view = computed((): View | null => {
    const facts = engines.value.find(({ name }) => name === engine.value);
    // The first picture does not wait for the list.
    if (facts === undefined && engine.value !== "pca") return null;
    if (lacks_groups(settings.value[engine.value] ?? {})) return null;
    const linear = facts === undefined || !facts.iterative;
    const most = facts === undefined || facts.components.includes(3) ? 3 : 2;
    const components = linear
      ? turn.value === null
        ? 3
        : COMPONENTS
      : Math.min(most, dimensions.value);
    return {
      engine: engine.value,
      iterative: !linear,
      components,
      settings: settings.value[engine.value] ?? {},
      onto: linear ? onto.value : null,
      ...(axes_need_label(engine.value, settings.value[engine.value] ?? {})
        ? label_query(told_label.value)
        : {}),
    };
  });

  return {
    second,
    activity,
    motion,
    choosing,
    showing: new Showing(samples),
    bookmarks: new Bookmarks(),
    neighbors: new Neighbors(),
    measuring,
    comparing: new Comparing(),
    runs,
    logdir_problems: signal<readonly string[]>([]),
    run_name,
    layer_name,
    engine,
    engines,
    settings,
    basis_steps: signal(null),
    turn,
    onto_run,
    touring: signal(false),
    pinned: signal(null),
    step,
    playing: signal(false),
    speed: signal(1),
    dimensions,
    drawing: signal("auto"),
    color_by,
    label_wanted,
    words_before,
    groups_before,
    treatments,
    color_only,
    theme,
    visible: signal(true),
    recorded,
    by_step,
    shown_step,
    table,
    sprites: signal(null),
    frames,
    extent: signal(null),
    first_picture: signal(false),
    flying,
    camera: signal(null),
    home: signal(null),
    camera_wanted: signal(null),
    easel: signal(null),
    quality: signal(null),
    quality_open: signal(false),
    hover: signal(null),
    panel_open: signal(wide),
    help_open: signal(false),
    home_wanted: signal(0),
    run,
    layer,
    label,
    said_label: told_label,
    steps,
    at,
    coloring,
    view,
    busy,
    sharing,
  };
}

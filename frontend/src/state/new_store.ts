// A store of which nothing is known yet, and what follows from what in it.
import { computed, signal } from "@preact/signals";
import {
  type Coloring,
  colorAlike,
  colorByCategory,
  colorByCorrectness,
  colorByDate,
  colorByNumber,
} from "../color";
import { lacksGroups } from "../model/projection/groups";
import { type ByStep, tableAt } from "../model/samples/columns_by_step";
import { axesNeedLabel, labelOf, labelQuery, saidLabel } from "../model/samples/label_column";
import { CORRECTNESS, predictionColumns } from "../model/samples/prediction_columns";
import type { Table } from "../model/samples/table";
import { type Treatments, treated } from "../model/samples/treatment";
import { COMPONENTS, type Turn } from "../model/scene/components";
import type { AlignedTo, Dimensions, Engine, Run, Theme, View } from "../types";
import { Activity } from "./parts/activity";
import { Bookmarks } from "./parts/bookmarks";
import { type Category, ClassGroups, sharingOf } from "./parts/class_groups";
import { ComparisonState } from "./parts/comparison";
import { DisplayState } from "./parts/display";
import type { FrameCache } from "./parts/frame_cache";
import { GuestsState } from "./parts/guests";
import { MeasuresState } from "./parts/measures";
import { Motion } from "./parts/motion";
import { NeighborsState } from "./parts/neighbors";
import { PictureState } from "./parts/picture";
import { SamplesState } from "./parts/samples";
import type { Store } from "./store";

export function createStore(reducedMotion: () => boolean, wide: boolean, second = false): Store {
  const activity = new Activity();
  const motion = new Motion(reducedMotion);
  const runs = signal<readonly Run[] | null>(null);
  const runName = signal<string | null>(null);
  const layerName = signal<string | null>(null);
  const colorBy = signal<string | null>(null);
  const labelWanted = signal<string | null>(null);
  const wordsBefore = signal<readonly string[]>([]);
  const treatments = signal<Treatments>(new Map());
  const colorOnly = signal("");
  const groupsBefore = signal<ReadonlyMap<string, number>>(new Map());
  const theme = signal<Theme>("light");
  const recorded = signal<Table | null>(null);
  const byStep = signal<ByStep>(new Map());
  const frames = signal<FrameCache | null>(null);

  const dimensions = signal<Dimensions>(2);
  const flying = signal(false);

  const run = computed(() => runs.value?.find((one) => one.run === runName.value) ?? null);
  const layer = computed(
    () => run.value?.layers.find(({ name }) => name === layerName.value) ?? null,
  );
  const label = computed(() => labelOf(layer.value, labelWanted.value));
  const toldLabel = computed(() => saidLabel(layer.value, labelWanted.value));
  const samples = computed(() => layer.value?.samples ?? 0);
  const unseen = computed(() => layer.value?.hidden ?? []);
  const step = signal<number | null>(null);
  const steps = computed(() => layer.value?.steps ?? []);
  const at = computed(
    () => motion.shown.value?.at ?? Math.max(0, steps.value.indexOf(step.value ?? Number.NaN)),
  );
  const shownStep = computed(() => steps.value[Math.round(at.value)] ?? null);
  const table = computed(() => tableAt(recorded.value, byStep.value, shownStep.value));
  const measures = new MeasuresState({ colorBy, at, steps, samples });
  const predictions = computed(() => {
    const said = measures.predictions.value;
    return said === null ? [] : predictionColumns(said, shownStep.value, table.value ?? []);
  });
  const columns = computed(() => {
    const painted = measures.painted.value;
    const shown =
      table.value?.map((column) => treated(column, treatments.value, label.value)) ?? null;
    const more = painted === null ? predictions.value : [...predictions.value, painted.column];
    return more.length === 0 ? shown : [...(shown ?? []), ...more];
  });
  const raised = computed(() => {
    const column = measures.painted.value?.column;
    if (column?.type !== "category" || column.name !== CORRECTNESS) return null;
    return Uint8Array.from(column.codes, (code) => Number(code === 0));
  });
  const samplesState = new SamplesState(samples, columns, label, unseen, raised);
  /** The tags are one of them. */
  const coloredBy = computed(() =>
    samplesState.columns.value.find(({ name }) => name === colorBy.value),
  );
  const groups = new ClassGroups({ frames, steps, dimensions, groupsBefore });
  const sharing = (column: Category) => sharingOf(column, colorOnly.value, groups.of(column));
  const coloring = computed((): Coloring | null => {
    if (samples.value === 0) return null;
    const column = coloredBy.value;
    if (column?.type === "category" && column.codes.length === samples.value) {
      const { codes, words, counts } = column;
      if (column.name === CORRECTNESS) {
        return colorByCorrectness(codes, words, theme.value, unseen.value);
      }
      return colorByCategory(
        codes,
        words,
        theme.value,
        wordsBefore.value,
        counts,
        sharing(column),
        unseen.value,
      );
    }
    if (column?.type === "number" && column.values.length === samples.value) {
      const limits = measures.painted.value?.limits ?? column.limits;
      return colorByNumber(column.values, theme.value, limits, false, unseen.value);
    }
    if (column?.type === "date" && column.values.length === samples.value) {
      return colorByDate(column.values, theme.value, column.limits, unseen.value);
    }
    return colorAlike(samples.value, theme.value);
  });
  const picture = new PictureState({ frames, run, layer });
  const busy = computed(() => {
    const shown = motion.shown.value;
    const moving = shown !== null && shown.from !== shown.to;
    const loading = frames.value !== null && !frames.value.complete && !frames.value.idle;
    const partial = picture.some.value !== null;
    return moving || flying.value || loading || partial || activity.waiting.value.length > 0;
  });

  const engine = signal("pca");
  const engines = signal<readonly Engine[]>([]);
  const settings = signal<Readonly<Record<string, View["settings"]>>>({});
  const turn = signal<Turn | null>(null);
  const ontoRun = signal<string | null>(null);
  const onto = computed((): AlignedTo | null => {
    const there = runs.value?.find((one) => one.run === ontoRun.value);
    const other = there?.layers.find(({ name }) => name === layerName.value) ?? there?.layers[0];
    if (there === undefined || other === undefined || there.run === runName.value) return null;
    return { run: there.run, layer: other.name, version: other.version };
  });
  const view = computed((): View | null => {
    const facts = engines.value.find(({ name }) => name === engine.value);
    // The first picture does not wait for the list.
    if (facts === undefined && engine.value !== "pca") return null;
    if (lacksGroups(settings.value[engine.value] ?? {})) return null;
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
      ...(axesNeedLabel(engine.value, settings.value[engine.value] ?? {})
        ? labelQuery(toldLabel.value)
        : {}),
    };
  });

  return {
    second,
    activity,
    motion,
    samples: samplesState,
    display: new DisplayState(samples),
    bookmarks: new Bookmarks(),
    neighbors: new NeighborsState(),
    guests: new GuestsState(),
    picture,
    measures,
    comparison: new ComparisonState(),
    companion: signal(null),
    runs,
    logdirProblems: signal<readonly string[]>([]),
    unreadRuns: signal(0),
    notThere: signal(null),
    runName,
    layerName,
    engine,
    engines,
    settings,
    basisSteps: signal(null),
    turn,
    ontoRun,
    touring: signal(false),
    pinned: signal(null),
    step,
    playing: signal(false),
    speed: signal(1),
    dimensions,
    drawing: signal("auto"),
    colorBy,
    requestedLabel: labelWanted,
    wordsBefore,
    groupsBefore,
    treatments,
    colorOnly,
    theme,
    visible: signal(true),
    recorded,
    byStep,
    shownStep,
    table,
    sprites: signal(null),
    frames,
    extent: signal(null),
    firstPicture: signal(false),
    flying,
    camera: signal(null),
    home: signal(null),
    requestedCamera: signal(null),
    pictureExport: signal(null),
    quality: signal(null),
    qualityOpen: signal(false),
    hover: signal(null),
    panelOpen: signal(wide),
    helpOpen: signal(false),
    homeRequests: signal(0),
    run,
    layer,
    label,
    saidLabel: toldLabel,
    steps,
    at,
    coloring,
    view,
    busy,
    sharing,
  };
}

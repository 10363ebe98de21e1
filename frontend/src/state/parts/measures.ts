// The part of the store that holds what the server has measured of the layer, and what of it somebody looks at.
// `effects/load_measures.ts` fetches it.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type {
  Findings,
  NeighborHistory,
  Rankings,
  SampleHistory,
  SampleMetric,
  SampleValues,
  StepMetric,
  StepMetrics,
} from "../../measures";
import { kindOf, metricOf, type Painted, paintedAt } from "../../model/samples/measured_columns";
import { PREDICTIONS, type Predictions } from "../../model/samples/prediction_columns";
import { SectionState } from "./section_state";

/** The values that samples are coloured by, and which choice of colour they belong to. */
export interface ColorValues extends SampleValues {
  readonly color: string;
}

/** What decides how samples are painted, as the rest of the store says it. */
interface PaintInputs {
  readonly colorBy: ReadonlySignal<string | null>;
  /** Where the picture is, in steps counted from 0; between two of them while it moves. */
  readonly at: ReadonlySignal<number>;
  readonly steps: ReadonlySignal<readonly number[]>;
  readonly samples: ReadonlySignal<number>;
}

export class MeasuresState {
  /** What the server can measure of each sample; empty until it has said so. */
  readonly catalog: Signal<readonly SampleMetric[]> = signal([]);
  readonly findings: Signal<Findings | null> = signal(null);
  /** The finding whose samples are listed. */
  readonly opened: Signal<string | null> = signal(null);
  /** The lists that say less are unfolded. */
  readonly moreLists: Signal<boolean> = signal(false);
  readonly rankings: Signal<Rankings | null> = signal(null);
  readonly metrics: Signal<StepMetrics | null> = signal(null);
  /** The metric whose curve stands above the slider; null for what the view is worth. */
  readonly above: Signal<string | null> = signal(null);
  readonly section: Signal<string | null> = signal("Curves");
  /** Of the sample whose card is shown. */
  readonly sampleHistory: Signal<SampleHistory | null> = signal(null);
  readonly neighborHistory: Signal<NeighborHistory | null> = signal(null);
  /** Somebody looks at its neighbours over the steps. */
  readonly neighborsUnfolded: Signal<boolean> = signal(false);
  /** What the model says of all samples, at the steps that have come. */
  readonly predictions: Signal<Predictions | null> = signal(null);
  /** What the samples are coloured by, at the steps that have come. */
  readonly values: Signal<ColorValues | null> = signal(null);
  /** The same at the moment that is shown; null where a column of the metadata colours the samples. */
  readonly painted: ReadonlySignal<Painted | null>;
  readonly curveAbove: ReadonlySignal<StepMetric | null>;
  /** The model's outputs were recorded, and the labels belong to them. */
  readonly hasOutputs: ReadonlySignal<boolean>;
  /** What the model says of the samples has come, or never will. */
  readonly predictionsKnown: ReadonlySignal<boolean>;
  private readonly sections = new Map<string, SectionState>();

  constructor(moment: PaintInputs) {
    const { colorBy, at, steps, samples } = moment;
    this.painted = computed(() => {
      const name = colorBy.value;
      const values = name === null ? null : this.valuesOf(name);
      if (name === null || values === null) return null;
      if ((values.rows[0]?.length ?? samples.value) !== samples.value) return null;
      const metric = metricOf(name, this.catalog.value);
      // What a number is must be known before it is shown, a unit's activations aside.
      if (metric === null && kindOf(name) !== "unit") return null;
      return paintedAt({ name, metric }, values, steps.value, at.value);
    });
    this.hasOutputs = computed(() => this.metrics.value?.classes_are_outputs ?? false);
    this.predictionsKnown = computed(
      () =>
        this.metrics.value !== null && (!this.hasOutputs.value || this.predictions.value !== null),
    );
    this.curveAbove = computed(
      () => this.metrics.value?.metrics.find(({ name }) => name === this.above.value) ?? null,
    );
  }

  /** Lists the samples of a finding, or closes the list. */
  toggleFinding(id: string): void {
    const { opened } = this;
    opened.value = opened.value === id ? null : id;
  }

  /** What a color shows: the model's predictions are there before anybody colors by them. */
  private valuesOf(color: string): SampleValues | null {
    if (kindOf(color) === null) return null;
    if (this.values.value?.color === color) return this.values.value;
    const known = this.predictions.value;
    const name = PREDICTIONS.find((one) => color === `step: ${one}`);
    if (known === null || name === undefined) return null;
    return { steps: known.steps, classes: known.classes, rows: known.rows[name] };
  }

  /** What a section of "Layer" has been answered, and what is chosen in it. */
  sectionState(name: string): SectionState {
    const known = this.sections.get(name);
    if (known !== undefined) return known;
    const state = new SectionState();
    this.sections.set(name, state);
    return state;
  }

  /** One section at a time. */
  toggleSection(section: string): void {
    const { section: open } = this;
    open.value = open.value === section ? null : section;
  }

  /** Puts a metric's curve above the slider, or that of the view's worth again. */
  toggleAbove(metric: string): void {
    const { above } = this;
    above.value = above.value === metric ? null : metric;
  }

  chooseAbove(metric: string | null): void {
    this.above.value = metric;
  }

  unfoldNeighbors(unfolded: boolean): void {
    this.neighborsUnfolded.value = unfolded;
  }
}

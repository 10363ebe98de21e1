// The part of the store that holds what the server has measured of the layer, and what of it somebody looks at.
// `effects/load_measures.ts` fetches it.
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type {
  ClassPair,
  Comparison,
  Confusion,
  Findings,
  LayerSimilarity,
  NeighborHistory,
  OtherLayer,
  PartialAnswer,
  Ranking,
  SampleHistory,
  SampleMetric,
  SampleValues,
  Similarity,
  StepMetric,
  StepMetrics,
  Units,
} from "../../measures";
import { kindOf, metricOf, type Painted, paintedAt } from "../../model/samples/measured_columns";

export const SECTIONS = [
  "Curves",
  "CKA",
  "Confusion",
  "Data map",
  "Class pair",
  "Units",
  "Runs",
] as const;
export type Section = (typeof SECTIONS)[number];

/** Mean and standard deviation over the run of the probability that the model gives each sample's label. */
export interface DataMap extends PartialAnswer {
  readonly mean: Float32Array;
  readonly spread: Float32Array;
}

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
  readonly ranking: Signal<Ranking | null> = signal(null);
  readonly metrics: Signal<StepMetrics | null> = signal(null);
  /** The metric whose curve stands above the slider; null for what the view is worth. */
  readonly above: Signal<string | null> = signal(null);
  readonly section: Signal<Section | null> = signal("Curves");
  /** Null for the layer itself. */
  readonly compared: Signal<OtherLayer | null> = signal(null);
  readonly similarity: Signal<Similarity | null> = signal(null);
  readonly layers: Signal<LayerSimilarity | null> = signal(null);
  readonly confusion: Signal<Confusion | null> = signal(null);
  readonly dataMap: Signal<DataMap | null> = signal(null);
  readonly pair: Signal<readonly [string, string] | null> = signal(null);
  readonly classPair: Signal<ClassPair | null> = signal(null);
  readonly units: Signal<Units | null> = signal(null);
  /** The layer of another run that somebody has chosen to hold this one against; null for the nearest at hand. */
  readonly comparedRun: Signal<OtherLayer | null> = signal(null);
  readonly comparison: Signal<Comparison | null> = signal(null);
  /** The list of samples that is open. */
  readonly difference: Signal<string | null> = signal(null);
  /** Of the sample whose card is shown. */
  readonly sampleHistory: Signal<SampleHistory | null> = signal(null);
  readonly neighborHistory: Signal<NeighborHistory | null> = signal(null);
  /** Somebody looks at its neighbours over the steps. */
  readonly neighborsUnfolded: Signal<boolean> = signal(false);
  /** What the samples are coloured by, at the steps that have come. */
  readonly values: Signal<ColorValues | null> = signal(null);
  /** The same at the moment that is shown; null where a column of the metadata colours the samples. */
  readonly painted: ReadonlySignal<Painted | null>;
  readonly curveAbove: ReadonlySignal<StepMetric | null>;
  /** The model's outputs were recorded, and the labels belong to them. */
  readonly hasOutputs: ReadonlySignal<boolean>;

  constructor(moment: PaintInputs) {
    const { colorBy, at, steps, samples } = moment;
    this.painted = computed(() => {
      const values = this.values.value;
      const name = colorBy.value;
      if (name === null || kindOf(name) === null || values?.color !== name) return null;
      if ((values.rows[0]?.length ?? samples.value) !== samples.value) return null;
      const metric = metricOf(name, this.catalog.value);
      // What a number is must be known before it is shown, a unit's activations aside.
      if (metric === null && kindOf(name) !== "unit") return null;
      return paintedAt({ name, metric }, values, steps.value, at.value);
    });
    this.hasOutputs = computed(() => this.metrics.value?.classes_are_outputs ?? false);
    this.curveAbove = computed(
      () => this.metrics.value?.metrics.find(({ name }) => name === this.above.value) ?? null,
    );
  }

  /** Lists the samples of a finding, or closes the list. */
  toggleFinding(id: string): void {
    const { opened, ranking } = this;
    batch(() => {
      opened.value = opened.value === id ? null : id;
      ranking.value = null;
    });
  }

  /** One section at a time. */
  toggleSection(section: Section): void {
    const { section: open } = this;
    open.value = open.value === section ? null : section;
  }

  /** Puts a metric's curve above the slider, or that of the view's worth again. */
  toggleAbove(metric: string): void {
    const { above } = this;
    above.value = above.value === metric ? null : metric;
  }

  compareWith(other: OtherLayer | null): void {
    batch(() => {
      this.compared.value = other;
      this.similarity.value = null;
    });
  }

  chooseComparedRun(comparedRun: OtherLayer): void {
    batch(() => {
      this.comparedRun.value = comparedRun;
      this.comparison.value = null;
    });
  }

  /** Lists the samples in which two runs differ, or closes the list. */
  toggleDifference(list: string): void {
    const { difference } = this;
    difference.value = difference.value === list ? null : list;
  }

  choosePair(pair: readonly [string, string]): void {
    batch(() => {
      this.pair.value = pair;
      this.classPair.value = null;
    });
  }

  unfoldNeighbors(unfolded: boolean): void {
    this.neighborsUnfolded.value = unfolded;
  }
}

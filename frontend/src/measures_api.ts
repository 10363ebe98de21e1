// The routes of what is measured as functions. Called by state alone.
import { address, checked, tensors } from "./api";
import type {
  ClassPair,
  Comparison,
  Confusion,
  Findings,
  NeighborHistory,
  PartialAnswer,
  Ranking,
  SampleHistory,
  SampleMetric,
  SampleValues,
  Similarity,
  StepMetrics,
  Units,
} from "./measures";
import type { LayerKey } from "./types";

type Query = Readonly<Record<string, string>>;

export async function fetchCatalog(signal: AbortSignal): Promise<readonly SampleMetric[]> {
  const answer = await json<{ sample_metrics: readonly SampleMetric[] }>("catalog", {}, signal);
  return answer.sample_metrics;
}

export function fetchFindings(key: LayerKey, signal: AbortSignal): Promise<Findings> {
  return json("findings", { ...key }, signal);
}

export function fetchRanking(key: LayerKey, rule: string, signal: AbortSignal): Promise<Ranking> {
  return json("samples", { ...key, rule, limit: "500" }, signal);
}

export function fetchMetrics(key: LayerKey, signal: AbortSignal): Promise<StepMetrics> {
  return json("metrics", { ...key }, signal);
}

/** Without steps: at all of them. */
export async function fetchSampleValues(
  key: LayerKey,
  name: string,
  step: number | null,
  signal: AbortSignal,
): Promise<SampleValues> {
  const query = { ...key, name, ...(step === null ? {} : { steps: String(step) }) };
  const answer = await tensors(address("sample_metrics", query), signal);
  const { state, classes } = answer.json as PartialAnswer & { classes: string[] };
  const rows = rowsOf(answer.array("values", "F32"), answer.shape("values"));
  return { state: state ?? "done", classes, steps: [...answer.array("steps", "I32")], rows };
}

/** What one unit answers to each sample. */
export async function fetchUnit(
  key: LayerKey,
  unit: number,
  step: number,
  signal: AbortSignal,
): Promise<Float32Array> {
  const query = { ...key, step: String(step), units: String(unit) };
  return (await tensors(address("vectors", query), signal)).array("vectors", "F32");
}

export function fetchSimilarity(
  key: LayerKey,
  other: LayerKey,
  steps: { readonly steps?: string; readonly with_steps?: string },
  signal: AbortSignal,
): Promise<Similarity> {
  const query = { ...key, with_run: other.run, with_layer: other.layer, ...steps };
  return json("similarity", query, signal);
}

export function fetchComparison(
  key: LayerKey,
  other: LayerKey,
  step: number,
  signal: AbortSignal,
): Promise<Comparison> {
  const query = { ...key, with_run: other.run, with_layer: other.layer, step: String(step) };
  return json("comparison", { ...query, limit: "500" }, signal);
}

export function fetchConfusion(
  key: LayerKey,
  step: number,
  signal: AbortSignal,
): Promise<Confusion> {
  return json("confusion", { ...key, step: String(step) }, signal);
}

/** The samples of one label, `row`, that are predicted as one class, `column`. */
export function fetchConfused(
  key: LayerKey,
  { step, row, column }: { readonly step: number; readonly row: number; readonly column: number },
  signal: AbortSignal,
): Promise<{ readonly samples: readonly number[] }> {
  const query = { step: String(step), row: String(row), column: String(column) };
  return json("confusion", { ...key, ...query }, signal);
}

export async function fetchClassPair(
  key: LayerKey,
  classes: readonly [string, string],
  signal: AbortSignal,
): Promise<ClassPair> {
  const [first, second] = classes;
  const answer = await tensors(address("class_pair", { ...key, first, second }), signal);
  return {
    classes,
    steps: [...answer.array("steps", "I32")],
    samples: answer.array("samples", "I32"),
    second: answer.array("second", "U8"),
    positions: rowsOf(answer.array("positions", "F32"), answer.shape("positions")),
  };
}

export function fetchUnits(key: LayerKey, step: number, signal: AbortSignal): Promise<Units> {
  return json("units", { ...key, step: String(step) }, signal);
}

export function fetchSampleHistory(
  key: LayerKey,
  sample: number,
  signal: AbortSignal,
): Promise<SampleHistory> {
  return json("sample_history", { ...key, sample: String(sample) }, signal);
}

/** Without steps: at all of them. */
export function fetchNeighborHistory(
  key: LayerKey,
  asked: { readonly sample: number; readonly k: number; readonly metric: string },
  steps: string | null,
  signal: AbortSignal,
): Promise<NeighborHistory> {
  const { sample, k, metric } = asked;
  const which = steps === null ? {} : { steps };
  const query = { ...key, sample: String(sample), k: String(k), metric, ...which };
  return json("neighbor_history", query, signal);
}

async function json<T>(route: string, query: Query, signal: AbortSignal): Promise<T> {
  return (await checked(fetch(address(route, query), { signal }))).json();
}

function rowsOf(flat: Float32Array, [count = 0, length = 0]: readonly number[]): Float32Array[] {
  return Array.from({ length: count }, (_, i) => flat.slice(i * length, (i + 1) * length));
}

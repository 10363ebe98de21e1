// The routes of what is measured as functions. Called by state alone.
import { address, fetchJson, tensors } from "./api";
import type {
  Findings,
  NeighborHistory,
  PartialAnswer,
  Ranking,
  Rankings,
  SampleHistory,
  SampleMetric,
  SampleValues,
  StepMetrics,
} from "./measures";
import type { LayerKey } from "./types";
import { matrixRows } from "./wire";

export async function fetchCatalog(signal: AbortSignal): Promise<readonly SampleMetric[]> {
  const answer = await fetchJson<{ sample_metrics: readonly SampleMetric[] }>(
    "catalog",
    {},
    signal,
  );
  return answer.sample_metrics;
}

export function fetchFindings(key: LayerKey, signal: AbortSignal): Promise<Findings> {
  return fetchJson("findings", { ...key }, signal);
}

/** The first samples of several lists. */
export async function fetchRankings(
  key: LayerKey,
  lists: readonly { readonly rule: string; readonly limit: number }[],
  signal: AbortSignal,
): Promise<Rankings> {
  const answers = await Promise.all(
    lists.map(({ rule, limit }) =>
      fetchJson<Ranking>("samples", { ...key, rule, limit: String(limit) }, signal),
    ),
  );
  return {
    state: answers.some(({ state }) => state === "running") ? "running" : "done",
    byRule: Object.fromEntries(answers.map(({ rule, samples }) => [rule, samples])),
  };
}

export function fetchMetrics(key: LayerKey, signal: AbortSignal): Promise<StepMetrics> {
  return fetchJson("metrics", { ...key }, signal);
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
  const rows = matrixRows(answer.array("values", "F32"), answer.shape("values"));
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

export function fetchSampleHistory(
  key: LayerKey,
  sample: number,
  signal: AbortSignal,
): Promise<SampleHistory> {
  return fetchJson("sample_history", { ...key, sample: String(sample) }, signal);
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
  return fetchJson("neighbor_history", query, signal);
}

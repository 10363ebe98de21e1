// The route `sample_metrics`: both numbers of the map.
import { fetchSampleValues } from "../../measures_api";
import type { LayerKey } from "../../types";
import type { DataMap } from "./model";

export async function fetchDataMap(key: LayerKey, signal: AbortSignal): Promise<DataMap> {
  const [mean, spread] = await Promise.all([
    fetchSampleValues(key, "map_mean", null, signal),
    fetchSampleValues(key, "map_spread", null, signal),
  ]);
  const running = mean.state === "running" || spread.state === "running";
  const none = new Float32Array();
  return {
    state: running ? "running" : "done",
    mean: mean.rows[0] ?? none,
    spread: spread.rows[0] ?? none,
  };
}

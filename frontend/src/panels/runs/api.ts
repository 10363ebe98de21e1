// The routes `comparison` and `leaks`.
import { fetchJson } from "../../api";
import type { LayerKey } from "../../types";
import type { Comparison, Leaks } from "./model";

export function fetchComparison(
  key: LayerKey,
  other: LayerKey,
  step: number,
  signal: AbortSignal,
): Promise<Comparison> {
  const query = { ...key, with_run: other.run, with_layer: other.layer, step: String(step) };
  return fetchJson("comparison", { ...query, limit: "500" }, signal);
}

export function fetchLeaks(key: LayerKey, run: string, signal: AbortSignal): Promise<Leaks> {
  return fetchJson("leaks", { ...key, with_run: run, limit: "500" }, signal);
}

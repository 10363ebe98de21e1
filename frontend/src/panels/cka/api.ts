// The route `similarity`.
import { fetchJson } from "../../api";
import type { LayerKey } from "../../types";
import type { Similarity } from "./model";

export function fetchSimilarity(
  key: LayerKey,
  other: LayerKey,
  steps: { readonly steps?: string; readonly with_steps?: string },
  signal: AbortSignal,
): Promise<Similarity> {
  const query = { ...key, with_run: other.run, with_layer: other.layer, ...steps };
  return fetchJson("similarity", query, signal);
}

// The route `confusion`: all cells, or the samples of one.
import { fetchJson } from "../../api";
import type { LayerKey } from "../../types";
import type { Confusion } from "./model";

export function fetchConfusion(
  key: LayerKey,
  step: number,
  signal: AbortSignal,
): Promise<Confusion> {
  return fetchJson("confusion", { ...key, step: String(step) }, signal);
}

/** The samples of one label, `row`, that are predicted as one class, `column`. */
export function fetchConfused(
  key: LayerKey,
  { step, row, column }: { readonly step: number; readonly row: number; readonly column: number },
  signal: AbortSignal,
): Promise<{ readonly samples: readonly number[] }> {
  const query = { step: String(step), row: String(row), column: String(column) };
  return fetchJson("confusion", { ...key, ...query }, signal);
}

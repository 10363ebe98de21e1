// The route `units`.
import { fetchJson } from "../../api";
import type { LayerKey } from "../../types";
import type { Units } from "./model";

export function fetchUnits(key: LayerKey, step: number, signal: AbortSignal): Promise<Units> {
  return fetchJson("units", { ...key, step: String(step) }, signal);
}

// How alike several layers are at one step.
import type { LayerKey } from "../../types";
import { fetchSimilarity } from "./api";
import type { LayerSimilarity } from "./model";

/** Each pair is asked for once: CKA is the same both ways. */
export async function compareLayers(
  keys: readonly LayerKey[],
  step: number,
  signal: AbortSignal,
): Promise<LayerSimilarity> {
  const at = { steps: String(step), with_steps: String(step) };
  const cka = keys.map(() => keys.map((): number | null => null));
  const ckaBiased = keys.map(() => keys.map((): number | null => null));
  let leftOut = 0;
  for (const [row, key] of keys.entries()) {
    for (const [column, other] of keys.slice(0, row + 1).entries()) {
      const answer = await fetchSimilarity(key, other, at, signal);
      leftOut = Math.max(leftOut, answer.left_out);
      for (const [table, found] of [
        [cka, answer.cka],
        [ckaBiased, answer.cka_biased],
      ] as const) {
        const value = found[0]?.[0] ?? null;
        (table[row] as (number | null)[])[column] = value;
        (table[column] as (number | null)[])[row] = value;
      }
    }
  }
  const layers = keys.map(({ run, layer }) => ({ run, layer }));
  return { step, layers, left_out: leftOut, cka, cka_biased: ckaBiased };
}

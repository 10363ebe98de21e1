// Which other layers hold the same samples, and how alike they all are at one step.
import type { LayerKey } from "../api";
import type { LayerSimilarity, Other } from "../measures";
import { fetchSimilarity } from "../measures_api";
import type { Store } from "./store";

/** The layers of the same run first. */
export function othersOf(store: Store): (Other & { readonly steps: readonly number[] })[] {
  const here = store.layer.value;
  const run = store.run.value?.run;
  const runs = store.runs.value ?? [];
  const ordered = [...runs].sort((a, b) => Number(b.run === run) - Number(a.run === run));
  return ordered.flatMap((one) =>
    one.layers
      .filter((layer) => layer.fingerprint !== "" && layer.fingerprint === here?.fingerprint)
      .filter((layer) => one.run !== run || layer.name !== here?.name)
      .filter(({ steps }) => steps.length > 0)
      .map(({ name, steps }) => ({ run: one.run, layer: name, steps })),
  );
}

/** The layers of other runs that hold the same samples, those of the same name first. */
export function rivalsOf(store: Store): Other[] {
  const layer = store.layer.value?.name;
  return othersOf(store)
    .filter(({ run }) => run !== store.run.value?.run)
    .sort((a, b) => Number(b.layer === layer) - Number(a.layer === layer));
}

/** The one that is chosen, or the first. */
export function rivalOf(store: Store): Other | null {
  const rivals = rivalsOf(store);
  const wanted = store.measuring.rival.value;
  const chosen = rivals.find(({ run, layer }) => run === wanted?.run && layer === wanted.layer);
  return chosen ?? rivals[0] ?? null;
}

/** The runs that cannot be compared with: theirs are other samples. */
export function strangersOf(store: Store): string[] {
  const rivals = rivalsOf(store);
  const others = (store.runs.value ?? []).filter(
    ({ run, layers }) => run !== store.run.value?.run && layers.length > 0,
  );
  return others.map(({ run }) => run).filter((name) => rivals.every(({ run }) => run !== name));
}

/** Why fewer samples are compared than there are; null where all are. */
export function leftOutInWords(samples: number, most = false): string | null {
  if (samples === 0) return null;
  const subject = `${samples.toLocaleString("en-US")} ${samples === 1 ? "sample" : "samples"}`;
  const verbs = samples === 1 ? ["is", "holds"] : ["are", "hold"];
  return most
    ? `Up to ${subject} of each pair ${verbs[0]} left out: NaN or infinity in one of its layers.`
    : `${subject} ${verbs[0]} left out, which ${verbs[1]} NaN or infinity in one of the layers.`;
}

export function keyOf(store: Store, { run, layer }: Other): LayerKey | null {
  const found = store.runs.value
    ?.find((one) => one.run === run)
    ?.layers.find(({ name }) => name === layer);
  return found === undefined ? null : { run, layer, v: found.version };
}

/** So many layers are compared each with each. */
const MOST = 8;

/** The keys of the layer that is shown and of the others that have the step too, at most eight; null where it is alone. */
export function layersAt(store: Store, key: LayerKey, step: number): LayerKey[] | null {
  const others = othersOf(store)
    .filter(({ steps }) => steps.includes(step))
    .flatMap((other) => keyOf(store, other) ?? []);
  return others.length === 0 ? null : [key, ...others].slice(0, MOST);
}

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

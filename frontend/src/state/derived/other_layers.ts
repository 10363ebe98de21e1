// Which other layers hold the same samples.

import type { OtherLayer } from "../../measures";
import type { LayerKey } from "../../types";
import type { Store } from "../store";

/** The layers of the same run first. */
export function otherLayersOf(
  store: Store,
): (OtherLayer & { readonly steps: readonly number[] })[] {
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
export function comparableRunsOf(store: Store): OtherLayer[] {
  const layer = store.layer.value?.name;
  return otherLayersOf(store)
    .filter(({ run }) => run !== store.run.value?.run)
    .sort((a, b) => Number(b.layer === layer) - Number(a.layer === layer));
}

/** The one that is wanted, or the first. */
export function comparedRunOf(store: Store, wanted: OtherLayer | null): OtherLayer | null {
  const comparableRuns = comparableRunsOf(store);
  const chosen = comparableRuns.find(
    ({ run, layer }) => run === wanted?.run && layer === wanted.layer,
  );
  return chosen ?? comparableRuns[0] ?? null;
}

/** The runs that cannot be compared with: theirs are other samples. */
export function incompatibleRunsOf(store: Store): string[] {
  const comparableRuns = comparableRunsOf(store);
  const others = (store.runs.value ?? []).filter(
    ({ run, layers }) => run !== store.run.value?.run && layers.length > 0,
  );
  return others
    .map(({ run }) => run)
    .filter((name) => comparableRuns.every(({ run }) => run !== name));
}

/** Those of them with a layer that may be of the same training: of one name, and as wide. */
export function otherSetsOf(store: Store): string[] {
  const here = store.layer.value;
  const incompatible = new Set(incompatibleRunsOf(store));
  return (store.runs.value ?? [])
    .filter(({ run }) => incompatible.has(run))
    .filter(({ layers }) =>
      layers.some(({ name, units }) => name === here?.name && units === here.units),
    )
    .map(({ run }) => run);
}

/** Why fewer samples are compared than there are; null where all are. */
export function leftOutInWords(samples: number, most = false): string | null {
  if (samples === 0) return null;
  const subject = `${samples.toLocaleString("en-US")} ${samples === 1 ? "sample" : "samples"}`;
  return most
    ? `Up to ${subject} per pair left out: NaN or infinity in one of the layers.`
    : `${subject} left out: NaN or infinity in one of the layers.`;
}

export function keyOf(store: Store, { run, layer }: OtherLayer): LayerKey | null {
  const found = store.runs.value
    ?.find((one) => one.run === run)
    ?.layers.find(({ name }) => name === layer);
  return found === undefined ? null : { run, layer, v: found.version };
}

/** So many layers are compared each with each. */
const MOST = 8;

/** The keys of the layer that is shown and of the others that have the step too, at most eight; null where it is alone. */
export function layersAt(store: Store, key: LayerKey, step: number): LayerKey[] | null {
  const others = otherLayersOf(store)
    .filter(({ steps }) => steps.includes(step))
    .flatMap((other) => keyOf(store, other) ?? []);
  return others.length === 0 ? null : [key, ...others].slice(0, MOST);
}

// What files of the present view hold: coordinates as a table, a page that plays it, and the run played once for a film.

import { fetchOfflinePage } from "../api";
import { guarded, writeCsv } from "../model/samples/csv_field";
import { scenePositions } from "../model/scene/pose";
import { pause } from "../pause";
import { goToPlace } from "../state/actions/choose_view";
import { until } from "../state/parts/until";
import type { Store } from "../state/store";

/** The axes by name, in the view's own units, of each sample at each of the steps that are here. */
export function coordinatesCsv(store: Store, steps: readonly number[]): string {
  const dimensions = store.dimensions.value;
  const axes = ["x", "y", "z"].slice(0, dimensions);
  const names = new Map(store.run.value?.steps.map(({ step, name }) => [step, name]));
  const named = steps.some((step) => names.get(step) != null);
  const rows = steps.flatMap((step) => {
    const pose = store.frames.value?.pose(step, dimensions);
    if (pose == null) return [];
    const positions = scenePositions(pose);
    return Array.from({ length: positions.length / 3 }, (_, i) => [
      `${step}`,
      ...(named ? [guarded(names.get(step) ?? `${step}`)] : []),
      `${i}`,
      ...axes.map((_, axis) => String(positions[3 * i + axis])),
    ]);
  });
  return writeCsv([["step", ...(named ? ["step_name"] : []), "sample", ...axes], ...rows]);
}

/** The steps whose positions are in this page's memory. */
export function heldSteps(store: Store): readonly number[] {
  const held = store.frames.value?.frames.value;
  return store.steps.value.filter((step) => held?.has(step) ?? false);
}

/** All steps of the view as one page that plays without a server, as the server writes it. */
export async function offlinePage(store: Store): Promise<string> {
  const key = store.frames.value?.key;
  if (key === undefined) throw new Error("There is no view to save yet.");
  return fetchOfflinePage(key, store.saidLabel.value);
}

/** Plays the run once, at the chosen speed; rejects when it is given up. */
export async function playOnce(store: Store, signal: AbortSignal): Promise<void> {
  goToPlace(store, 0);
  await until(() => !store.busy.value, signal);
  await pause(400, signal);
  store.playing.value = true;
  const stop = () => {
    store.playing.value = false;
  };
  signal.addEventListener("abort", stop, { once: true });
  await until(() => !store.playing.value, signal);
  await pause(400, signal);
}

// What a second pane shows, in words for the address and for bookmarks: `run:b,layer:fc1,steps:epoch`.

import { readPairing, writePairing } from "../model/comparison/matching_steps";
import { readSettings, writeSettings } from "../model/text/address";
import type { SecondPane } from "../state/parts/comparison";
import type { Store } from "../state/store";

/** Null while there is no second pane. */
export function writeBeside(store: Store): string | null {
  const beside = store.comparison.secondPane.value;
  if (beside === null) return null;
  const { run, layer, engine, pairing, ownAxes } = beside;
  // Those of the first pane's engine stand in the address by themselves.
  const told = engine === null || engine === store.engine.value ? {} : store.settings.value[engine];
  const settings = writeSettings(told ?? {});
  return writeSettings({
    run,
    layer,
    steps: writePairing(pairing),
    ...(engine === null ? {} : { engine }),
    ...(settings === "" ? {} : { settings }),
    ...(ownAxes ? { axes: "own" } : {}),
  });
}

/** Opens the pane, or closes it where nothing that can be understood is said of it. */
export function showBeside(store: Store, text: string | undefined): void {
  const beside = readBeside(text ?? "");
  store.comparison.secondPane.value = beside;
  const { settings = "" } = readSettings(text ?? "");
  const engine = beside?.engine ?? null;
  if (engine === null || settings === "") return;
  store.settings.value = { ...store.settings.value, [engine]: readSettings(settings) };
}

export function readBeside(text: string): SecondPane | null {
  const { run, layer, steps = "", engine = null, axes } = readSettings(text);
  const pairing = readPairing(steps);
  if (run === undefined || layer === undefined || pairing === null) return null;
  return { run, layer, engine, pairing, ownAxes: axes === "own" };
}

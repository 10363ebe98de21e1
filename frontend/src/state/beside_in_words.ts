// What a second pane shows, in words for the address and for bookmarks: `run:b,layer:fc1,steps:epoch`.
import { read_settings, write_settings } from "./address";
import type { Beside } from "./comparing";
import { read_pairing, write_pairing } from "./pairing";
import type { Store } from "./store";

/** Null while there is no second pane. */
export function write_beside(store: Store): string | null {
  const beside = store.comparing.beside.value;
  if (beside === null) return null;
  const { run, layer, engine, pairing, own_axes } = beside;
  // Those of the first pane's engine stand in the address by themselves.
  const told = engine === null || engine === store.engine.value ? {} : store.settings.value[engine];
  const settings = write_settings(told ?? {});
  return write_settings({
    run,
    layer,
    steps: write_pairing(pairing),
    ...(engine === null ? {} : { engine }),
    ...(settings === "" ? {} : { settings }),
    ...(own_axes ? { axes: "own" } : {}),
  });
}

/** Opens the pane, or closes it where nothing that can be understood is said of it. */
export function show_beside(store: Store, text: string | undefined): void {
  const beside = read_beside(text ?? "");
  store.comparing.beside.value = beside;
  const { settings = "" } = read_settings(text ?? "");
  const engine = beside?.engine ?? null;
  if (engine === null || settings === "") return;
  store.settings.value = { ...store.settings.value, [engine]: read_settings(settings) };
}

export function read_beside(text: string): Beside | null {
  const { run, layer, steps = "", engine = null, axes } = read_settings(text);
  const pairing = read_pairing(steps);
  if (run === undefined || layer === undefined || pairing === null) return null;
  return { run, layer, engine, pairing, own_axes: axes === "own" };
}

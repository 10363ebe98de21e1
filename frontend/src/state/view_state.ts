// All that makes the present view, in words, and the way back: what an address, a bookmark and a file of bookmarks hold.
import { batch } from "@preact/signals";
import { samples_inside } from "../canvas/polygon";
import { type Address, read_settings, write_settings } from "./address";
import { show_beside, write_beside } from "./beside_in_words";
import { select } from "./choose";
import { choose_run } from "./intents";
import { scene_positions } from "./pose";
import {
  type Rule,
  read_axes,
  read_camera,
  read_filters,
  read_rule,
  write_axes,
  write_camera,
  write_filters,
  write_rule,
} from "./rules";
import { samples_found } from "./searching";
import { ids_in, read_ids, write_ids } from "./selection";
import { read_step, take_shown, write_shown } from "./shown";
import { last_step, type Store } from "./store";
import { read_treatments, write_treatments } from "./treated";
import { until } from "./until";

const MOST_ADDRESS = 1500;

/** Only what differs from what a fresh page would show: the last step, for one, is followed, not named. */
export function view_of(store: Store): Address {
  const { run_name, layer_name, step, steps, color_by, dimensions, drawing, engine } = store;
  const settings = write_settings(store.settings.value[engine.value] ?? {});
  const stands_last = step.value === last_step(steps.value);
  const { camera, pinned, choosing, basis_steps, onto_run } = store;
  return without_gaps({
    run: run_name.value,
    layer: layer_name.value,
    step: step.value === null || stands_last ? null : String(step.value),
    color: color_by.value,
    types: write_treatments(store.treatments.value) || null,
    only: store.color_only.value || null,
    label: store.said_label.value ?? null,
    view: dimensions.value === 3 ? "3d" : null,
    engine: engine.value !== "pca" || settings !== "" ? engine.value : null,
    settings: settings || null,
    drawing: drawing.value === "auto" ? null : drawing.value,
    basis: basis_steps.value,
    onto: onto_run.value,
    pinned: pinned.value === null ? null : String(pinned.value),
    axes: write_axes(store.turn.value),
    companion: write_beside(store),
    camera: camera.value === null ? null : write_camera(camera.value),
    show: write_shown(store.showing) || null,
    filters: write_filters(choosing.filters.value) || null,
    selection: selection_of(store),
  });
}

/** The samples themselves where their list is short enough for an address, else the rule that found them. */
function selection_of(store: Store): string | null {
  const selection = store.choosing.selection.value;
  if (selection === null) return null;
  const { rule, mask } = selection;
  if (rule?.kind === "query") return write_rule(rule);
  const ids: Rule = { kind: "ids", ids: write_ids(ids_in(mask)) };
  return write_rule(rule !== null && ids.ids.length > MOST_ADDRESS ? rule : ids);
}

/** Takes over a view; the server's answers decide whether what it names exists. Filters and samples come after them. */
export function show_view(store: Store, view: Address, signal: AbortSignal): void {
  batch(() => {
    store.playing.value = false;
    store.touring.value = false;
    const known = store.runs.value?.find(({ run }) => run === view.run);
    if (known !== undefined) choose_run(store, known.run);
    else if (view.run !== undefined) store.run_name.value = view.run;
    if (view.layer !== undefined) store.layer_name.value = view.layer;
    store.step.value = read_step(view.step) ?? last_step(store.steps.value);
    store.color_by.value = view.color ?? store.color_by.value;
    store.treatments.value = read_treatments(view.types ?? "");
    store.color_only.value = view.only ?? "";
    store.label_wanted.value = view.label ?? null;
    store.dimensions.value = view.view === "3d" ? 3 : 2;
    const { drawing } = view;
    store.drawing.value = drawing === "dots" || drawing === "images" ? drawing : "auto";
    const engine = view.engine ?? "pca";
    store.engine.value = engine;
    const settings = read_settings(view.settings ?? "");
    store.settings.value = { ...store.settings.value, [engine]: settings };
    store.basis_steps.value = view.basis ?? null;
    store.onto_run.value = view.onto ?? null;
    store.pinned.value = read_step(view.pinned);
    store.turn.value = view.axes === undefined ? null : read_axes(view.axes);
    show_beside(store, view.companion);
    take_shown(store.showing, view.show ?? "");
  });
  const camera = view.camera === undefined ? null : read_camera(view.camera);
  // Before the first picture the canvas keeps it for later; afterwards other frames would send it home.
  if (!store.first_picture.value) store.camera_wanted.value = camera;
  else place_camera(store, camera, signal).catch(() => {});
  choose_again(store, view, signal).catch(() => {});
}

async function place_camera(
  store: Store,
  camera: ReturnType<typeof read_camera>,
  signal: AbortSignal,
): Promise<void> {
  await until(() => is_shown(store), signal);
  if (camera === null) store.home_wanted.value += 1;
  // A new object each time: the same place may be wanted twice.
  else store.camera_wanted.value = { ...camera };
}

async function choose_again(store: Store, view: Address, signal: AbortSignal): Promise<void> {
  const { choosing } = store;
  await until(() => {
    const layer = store.layer.value;
    return layer !== null && (layer.columns.length === 0 || store.table.value !== null);
  }, signal);
  const rule = view.selection === undefined ? null : read_rule(view.selection);
  choosing.filters.value = read_filters(view.filters ?? "");
  if (rule?.kind === "outline") await until(() => is_shown(store), signal);
  const found = rule === null ? { ids: [] } : await samples_of(store, rule, signal);
  choosing.not_searched.value = "error" in found ? found.error : null;
  // What was selected stays, rather than that nothing would be.
  if ("error" in found) return;
  const { ids } = found;
  const reasons = { query: "search", ids: "list", outline: "lasso" } as const;
  if (ids.length > 0 || choosing.selection.value !== null) {
    select(store, ids, reasons[rule?.kind ?? "ids"]);
  }
  const made = choosing.selection.value;
  if (made !== null) choosing.selection.value = { ...made, rule };
}

async function samples_of(
  store: Store,
  rule: Rule,
  signal: AbortSignal,
): Promise<{ readonly ids: number[] } | { readonly error: string }> {
  const samples = store.choosing.samples.value;
  if (rule.kind === "ids") return { ids: read_ids(rule.ids, samples) ?? [] };
  if (rule.kind === "query") return samples_found(store, rule.query, signal);
  const pose = store.frames.value?.pose(rule.step, 2);
  return { ids: pose == null ? [] : samples_inside(rule.outline, scene_positions(pose)) };
}

/** The picture is that of the step and the frames that are wanted. */
function is_shown(store: Store): boolean {
  const { frames, step, motion, extent } = store;
  const shown = motion.shown.value;
  return (
    frames.value !== null &&
    shown !== null &&
    step.value !== null &&
    extent.value?.frames === frames.value &&
    frames.value.awaited === null
  );
}

function without_gaps(view: { [key in keyof Address]: string | null }): Address {
  return Object.fromEntries(
    Object.entries(view).filter((pair): pair is [string, string] => pair[1] !== null),
  );
}

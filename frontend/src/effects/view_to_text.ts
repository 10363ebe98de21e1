// All that makes the present view, in words, and the way back: what an address, a bookmark and a file of bookmarks hold.

import { batch } from "@preact/signals";
import { samplesInside } from "../canvas/polygon";
import { asksPredictions } from "../model/samples/prediction_columns";
import { idsIn, readIds, writeIds } from "../model/samples/selection";
import { readTreatments, writeTreatments } from "../model/samples/treatment";
import { scenePositions } from "../model/scene/pose";
import { type Address, readSettings, writeSettings } from "../model/text/address";
import {
  readAxes,
  readCamera,
  readFilters,
  readRule,
  type SelectionRecipe,
  writeAxes,
  writeCamera,
  writeFilters,
  writeRule,
} from "../model/text/selection_recipe";
import { chooseRun } from "../state/actions/choose_view";
import { settleEngine, settleRun } from "../state/actions/settle_run";
import { until } from "../state/parts/until";
import { lastStep, type Store } from "../state/store";
import { readStep, takeShown, writeShown } from "./display_to_text";
import { samplesFound } from "./search_samples";
import { showBeside, writeBeside } from "./second_pane_text";

const MOST_ADDRESS = 1500;

/** Only what differs from what a fresh page would show: the last step, for one, is followed, not named. */
export function viewOf(store: Store): Address {
  const { runName, layerName, step, steps, colorBy, dimensions, drawing, engine } = store;
  const settings = writeSettings(store.settings.value[engine.value] ?? {});
  const standsLast = step.value === lastStep(steps.value);
  const { camera, pinned, samples, basisSteps, ontoRun } = store;
  return withoutGaps({
    run: runName.value,
    layer: layerName.value,
    step: step.value === null || standsLast ? null : String(step.value),
    color: colorBy.value,
    types: writeTreatments(store.treatments.value) || null,
    only: store.colorOnly.value || null,
    label: store.saidLabel.value ?? null,
    view: dimensions.value === 3 ? "3d" : null,
    engine: engine.value !== "pca" || settings !== "" ? engine.value : null,
    settings: settings || null,
    drawing: drawing.value === "auto" ? null : drawing.value,
    basis: basisSteps.value,
    onto: ontoRun.value,
    pinned: pinned.value === null ? null : String(pinned.value),
    axes: writeAxes(store.turn.value),
    companion: writeBeside(store),
    camera: camera.value === null ? null : writeCamera(camera.value),
    show: writeShown(store.display) || null,
    filters: writeFilters(samples.filters.value) || null,
    selection: selectionOf(store),
  });
}

/** The samples themselves where their list is short enough for an address, else the rule that found them. */
function selectionOf(store: Store): string | null {
  const selection = store.samples.selection.value;
  if (selection === null) return null;
  const { rule, mask } = selection;
  if (rule?.kind === "query") return writeRule(rule);
  const ids: SelectionRecipe = { kind: "ids", ids: writeIds(idsIn(mask)) };
  return writeRule(rule !== null && ids.ids.length > MOST_ADDRESS ? rule : ids);
}

/** Takes over a view; the server's answers decide whether what it names exists. Filters and samples come after them. */
export function showView(store: Store, view: Address, signal: AbortSignal): void {
  batch(() => {
    store.playing.value = false;
    store.touring.value = false;
    store.notThere.value = null;
    const known = store.runs.value?.find(({ run }) => run === view.run);
    if (known !== undefined) chooseRun(store, known.run);
    else if (view.run !== undefined) store.runName.value = view.run;
    if (view.layer !== undefined) store.layerName.value = view.layer;
    store.step.value = readStep(view.step) ?? lastStep(store.steps.value);
    store.colorBy.value = view.color ?? store.colorBy.value;
    store.treatments.value = readTreatments(view.types ?? "");
    store.colorOnly.value = view.only ?? "";
    store.requestedLabel.value = view.label ?? null;
    store.dimensions.value = view.view === "3d" ? 3 : 2;
    const { drawing } = view;
    store.drawing.value = drawing === "dots" || drawing === "images" ? drawing : "auto";
    const engine = view.engine ?? "pca";
    store.engine.value = engine;
    const settings = readSettings(view.settings ?? "");
    store.settings.value = { ...store.settings.value, [engine]: settings };
    store.basisSteps.value = view.basis ?? null;
    store.ontoRun.value = view.onto ?? null;
    store.pinned.value = readStep(view.pinned);
    store.turn.value = view.axes === undefined ? null : readAxes(view.axes);
    store.picture.chosenByHand.value = false;
    showBeside(store, view.companion);
    takeShown(store.display, view.show ?? "");
    // Before the first answer nobody knows what there is.
    if (store.runs.value !== null && store.unreadRuns.value === 0) settleRun(store);
    settleEngine(store);
  });
  const camera = view.camera === undefined ? null : readCamera(view.camera);
  // Before the first picture the canvas keeps it for later; afterwards other frames would send it home.
  if (!store.firstPicture.value) store.requestedCamera.value = camera;
  else placeCamera(store, camera, signal).catch(() => {});
  chooseAgain(store, view, signal).catch(() => {});
}

async function placeCamera(
  store: Store,
  camera: ReturnType<typeof readCamera>,
  signal: AbortSignal,
): Promise<void> {
  await until(() => isShown(store), signal);
  if (camera === null) store.homeRequests.value += 1;
  // A new object each time: the same place may be wanted twice.
  else store.requestedCamera.value = { ...camera };
}

async function chooseAgain(store: Store, view: Address, signal: AbortSignal): Promise<void> {
  const { samples } = store;
  await until(() => {
    const layer = store.layer.value;
    return layer !== null && (layer.columns.length === 0 || store.table.value !== null);
  }, signal);
  const rule = view.selection === undefined ? null : readRule(view.selection);
  samples.filters.value = readFilters(view.filters ?? "");
  if (rule?.kind === "query" && asksPredictions(rule.query)) {
    await until(() => store.measures.predictionsKnown.value, signal);
  }
  if (rule?.kind === "outline") await until(() => isShown(store), signal);
  const found = rule === null ? { ids: [] } : await samplesOf(store, rule, signal);
  samples.notSearched.value = "error" in found ? found.error : null;
  // What was selected stays, rather than that nothing would be.
  if ("error" in found) return;
  const { ids } = found;
  const reasons = { query: "search", ids: "list", outline: "lasso" } as const;
  if (ids.length > 0 || samples.selection.value !== null) {
    store.samples.select(ids, reasons[rule?.kind ?? "ids"]);
  }
  const made = samples.selection.value;
  if (made !== null) samples.selection.value = { ...made, rule };
}

async function samplesOf(
  store: Store,
  rule: SelectionRecipe,
  signal: AbortSignal,
): Promise<{ readonly ids: number[] } | { readonly error: string }> {
  const samples = store.samples.count.value;
  if (rule.kind === "ids") return { ids: readIds(rule.ids, samples) ?? [] };
  if (rule.kind === "query") return samplesFound(store, rule.query, signal);
  const pose = store.frames.value?.pose(rule.step, 2);
  return { ids: pose == null ? [] : samplesInside(rule.outline, scenePositions(pose)) };
}

/** The picture is that of the step and the frames that are wanted. */
function isShown(store: Store): boolean {
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

function withoutGaps(view: { [Key in keyof Address]: string | null }): Address {
  return Object.fromEntries(
    Object.entries(view).filter((pair): pair is [string, string] => pair[1] !== null),
  );
}

// What the user can want. Each function changes the store; what follows from that (fetching, moving) is not its matter.
import { batch } from "@preact/signals";
import { type Axes, FIRST_AXES, turnTo, UNTURNED_AXES } from "../../model/scene/components";
import type { Dimensions, Drawing, Parameter } from "../../types";
import { lastStep, type Store } from "../store";

export function chooseRun(store: Store, name: string): void {
  batch(() => {
    const layer = store.runs.value?.find(({ run }) => run === name)?.layers;
    const kept = layer?.find((one) => one.name === store.layerName.value) ?? layer?.[0];
    store.playing.value = false;
    const other = name !== store.runName.value || kept?.name !== store.layerName.value;
    store.runName.value = name;
    store.layerName.value = kept?.name ?? null;
    store.notThere.value = null;
    // What an address says of this run holds.
    if (other) unpin(store);
    keepStep(store);
  });
}

export function chooseLayer(store: Store, name: string): void {
  batch(() => {
    store.layerName.value = name;
    store.notThere.value = null;
    unpin(store);
    keepStep(store);
  });
}

export function chooseEngine(store: Store, name: string): void {
  batch(() => {
    store.engine.value = name;
    store.picture.chosenByHand.value = true;
    stopTouring(store);
    const flat = !store.engines.value.find((one) => one.name === name)?.components.includes(3);
    if (flat && store.engines.value.length > 0) store.dimensions.value = 2;
  });
}

/** Sets one parameter of the chosen engine; its default is as good as none. */
export function chooseSetting(store: Store, parameter: Parameter, value: string): void {
  const engine = store.engine.value;
  const { [parameter.name]: _, ...others } = store.settings.value[engine] ?? {};
  const chosen =
    value === String(parameter.default) ? others : { ...others, [parameter.name]: value };
  batch(() => {
    store.settings.value = { ...store.settings.value, [engine]: chosen };
    store.picture.chosenByHand.value = true;
  });
}

export function chooseBasisSteps(store: Store, steps: string | null): void {
  store.basisSteps.value = steps;
}

export function chooseOntoRun(store: Store, run: string | null): void {
  store.ontoRun.value = run;
}

export function chooseAxes(store: Store, axes: Axes): void {
  batch(() => {
    store.touring.value = false;
    store.turn.value = axes.every((axis, i) => axis === FIRST_AXES[i]) ? null : turnTo(axes);
  });
}

export function toggleTour(store: Store): void {
  batch(() => {
    store.playing.value = false;
    store.turn.value ??= UNTURNED_AXES;
    store.touring.value = !store.touring.value;
  });
}

function stopTouring(store: Store): void {
  store.touring.value = false;
  store.turn.value = null;
}

/** Has the server lay out what is missing of the chosen view. */
export function startLayout(store: Store): void {
  store.frames.value?.start();
}

export function cancelLayout(store: Store): void {
  const frames = store.frames.value;
  if (frames === null) return;
  store.activity.attemptQuietly("the state of the computation", frames.stopped, () =>
    frames.cancel(),
  );
}

/** Shows all steps at the positions of the present one, or at their own again. */
export function togglePin(store: Store): void {
  store.pinned.value = store.pinned.value === null ? store.step.value : null;
}

export function chooseColor(store: Store, column: string): void {
  store.colorBy.value = column;
  store.colorOnly.value = "";
}

/** The colours go along where they are those of the label. */
export function chooseLabel(store: Store, column: string): void {
  batch(() => {
    const before = store.label.value;
    store.requestedLabel.value = column === (store.layer.value?.label ?? "") ? null : column;
    const after = store.label.value;
    if (after !== null && store.colorBy.value === (before ?? "")) store.colorBy.value = after;
  });
}

export function chooseDimensions(store: Store, dimensions: Dimensions): void {
  batch(() => {
    store.dimensions.value = dimensions;
    store.picture.chosenByHand.value = true;
  });
}

export function chooseDrawing(store: Store, drawing: Drawing): void {
  store.drawing.value = drawing;
}

export function chooseSpeed(store: Store, speed: number): void {
  store.speed.value = speed;
}

export function goToPlace(store: Store, place: number): void {
  const steps = store.steps.value;
  const step = steps[Math.min(steps.length - 1, Math.max(0, place))];
  if (step === undefined) return;
  batch(() => {
    store.playing.value = false;
    store.step.value = step;
  });
}

export function stepBy(store: Store, places: number): void {
  goToPlace(store, placeOfStep(store) + places);
}

export function togglePlaying(store: Store): void {
  store.playing.value = !store.playing.value && store.steps.value.length > 1;
}

export function togglePanel(store: Store): void {
  store.panelOpen.value = !store.panelOpen.value;
}

export function goHome(store: Store): void {
  store.homeRequests.value += 1;
}

export function showQuality(store: Store, open: boolean): void {
  store.qualityOpen.value = open;
}

/** Asks for the numbers anew where they could not be measured. */
export function measureAgain(store: Store): void {
  showQuality(store, false);
  showQuality(store, true);
}

export function showHelp(store: Store, open: boolean): void {
  store.helpOpen.value = open;
}

export function placeOfStep(store: Store): number {
  return Math.max(0, store.steps.value.indexOf(store.step.value ?? Number.NaN));
}

/** Another layer has other positions: what was pinned there says nothing here. */
function unpin(store: Store): void {
  store.pinned.value = null;
  store.basisSteps.value = null;
  store.display.held.value = null;
}

/** The same step where the new layer has it, else its last. */
function keepStep(store: Store): void {
  const steps = store.steps.value;
  const kept = store.step.value !== null && steps.includes(store.step.value);
  if (!kept) store.step.value = lastStep(steps);
}

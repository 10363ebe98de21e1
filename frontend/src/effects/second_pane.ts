// The second pane: a store of its own, which fetches and shows a picture as the first one does, and in all that it has no
// choice of its own follows the first one.
import { batch, computed, createModel, effect, untracked } from "@preact/signals";
import { linkSamples, UNKNOWN } from "../model/comparison/same_samples";
import { refuseSecondPane } from "../state/actions/settle_run";
import { axesBeside, settingsBeside, shareAxes } from "../state/derived/shared_axes";
import { createStore } from "../state/new_store";
import type { Store } from "../state/store";
import { followColor, followLooks, followSamples, followStep } from "./follow_first_pane";
import { joinHomes, linkCameras, linkPointing, partHomes } from "./link_cameras";
import { loadCurves } from "./load_measures";
import { loadPicture } from "./load_picture";

/** What has been set up ends with it. */
const Scope = createModel<Record<string, never>, [set_up: () => void]>((setUp) => {
  setUp();
  return {};
});

export function keepCompanion(store: Store): void {
  const open = computed(() => {
    const { secondPane } = store.comparison;
    const run = store.runs.value?.find((one) => one.run === secondPane.value?.run);
    return run?.layers.some(({ name }) => name === secondPane.value?.layer) ?? false;
  });
  effect(() => (open.value ? untracked(() => openCompanion(store)) : undefined));
  effect(() => {
    const wanted = store.comparison.secondPane.value;
    if (store.runs.value === null || wanted === null || open.value) return;
    untracked(() => refuseSecondPane(store, wanted));
  });
}

/** Returns what closes it. */
function openCompanion(first: Store): () => void {
  const leaving = new AbortController();
  const second = createStore(first.motion.reduced, false, true);
  first.companion.value = second;
  // Which samples are shared decides along which axes they are seen: one after the other, before anything is asked for.
  takeChoice(first, second);
  linkBoth(first, second);
  const scope = new Scope(() => {
    effect(() => takeChoice(first, second));
    effect(() => linkBoth(first, second));
    followStep(first, second);
    followLooks(first, second);
    loadPicture(second, leaving.signal);
    loadCurves(second, () => pairedByMetric(first), leaving.signal);
    followSamples(first, second);
    followColor(first, second);
    linkPointing(first, second);
    linkCameras(first, second, () => shareAxes(first, second));
    joinHomes(first, second, () => shareAxes(first, second));
  });
  const unfold = foldPanels(first);
  return () => {
    leaving.abort();
    scope[Symbol.dispose]();
    second.motion.clear();
    partHomes(first);
    first.companion.value = null;
    first.comparison.linking.value = UNKNOWN;
    unfold();
  };
}

/** Run, layer and view. */
function takeChoice(first: Store, second: Store): void {
  const wanted = first.comparison.secondPane.value;
  if (wanted === null) return;
  const onto = axesBeside(first, wanted);
  batch(() => {
    second.runs.value = first.runs.value;
    second.engines.value = first.engines.value;
    second.measures.catalog.value = first.measures.catalog.value;
    second.runName.value = wanted.run;
    second.requestedLabel.value = first.requestedLabel.value;
    second.layerName.value = wanted.layer;
    second.engine.value = wanted.engine ?? first.engine.value;
    if (wanted.engine === null) {
      second.picture.chosenByHand.value = first.picture.chosenByHand.value;
    }
    second.ontoRun.value = onto;
    second.settings.value = settingsBeside(first, onto);
    second.basisSteps.value = first.basisSteps.value;
  });
}

function linkBoth(first: Store, second: Store): void {
  const [here, there] = [first, second].map(
    ({ run, layer, table }) =>
      run.value && layer.value && { run: run.value.run, layer: layer.value, table: table.value },
  );
  first.comparison.linking.value = here && there ? linkSamples(here, there) : UNKNOWN;
}

/** Two panes and both panels have room beside one another in a wide window alone, two panes and the inspector in most. */
function foldPanels({ comparison, panelOpen, samples }: Store): () => void {
  if (comparison.wideEnough.value) return () => {};
  const before = { panel: panelOpen.value, inspector: samples.requestedInspector.value };
  panelOpen.value = false;
  if (!samples.wideEnough.value) samples.requestedInspector.value = false;
  return () => {
    panelOpen.value ||= before.panel;
    if (samples.requestedInspector.value !== false) return;
    samples.requestedInspector.value = before.inspector;
  };
}

function pairedByMetric(first: Store): boolean {
  const { secondPane } = first.comparison;
  return secondPane.value?.pairing.kind === "metric";
}

// What a pane needs for its picture: the frames of its layer, metadata, thumbnails, what colours the samples, decision
// regions, what the view is worth; and that the picture moves to the chosen step.
import { batch, effect, untracked } from "@preact/signals";
import { cancelLayout, fetchFrames, fetchMetadata, fetchSample, fetchSprite } from "../api";
import { hasOwnBasis, sameView } from "../model/projection/views";
import { targetColumn } from "../model/samples/label_column";
import { kindOf } from "../model/samples/measured_columns";
import { readTable } from "../model/samples/table";
import { UNTURNED_AXES } from "../model/scene/components";
import { type Basis, takeBasis } from "../model/time/basis";
import { nearestOf } from "../model/time/nearest_steps";
import { placeOfStep } from "../state/actions/choose_view";
import { FrameCache } from "../state/parts/frame_cache";
import type { FrameServer } from "../state/parts/frame_server";
import { until } from "../state/parts/until";
import type { Store } from "../state/store";
import type { Layer } from "../types";
import { computeLayouts } from "./compute_layouts";
import { loadByStep } from "./load_by_step";
import { loadGuests } from "./load_guests";
import { loadColors } from "./load_measures";
import { loadQuality } from "./load_quality";
import { loadRegions } from "./load_regions";
import { refitIfDue } from "./poll_runs";

const SERVER: FrameServer = { fetchFrames, cancelLayout };

/** Of more samples the first picture is one of a fair part of them. */
const MOST_WHOLE = 200_000;
const PART = 100_000;

const SAMPLING_SERVER: FrameServer = {
  ...SERVER,
  fetchSample: (key, step, signal) => fetchSample(key, step, PART, signal),
};

/** What belongs to more samples is asked for only once they are drawn: the server would be busy with it for seconds. */
const MOST_AT_ONCE = 100_000;

export function loadPicture(store: Store, signal: AbortSignal): void {
  loadFrames(store, signal);
  computeLayouts(store, signal);
  loadMetadata(store, signal);
  loadByStep(store, signal);
  loadSprites(store, signal);
  loadQuality(store, signal);
  loadColors(store, signal);
  loadRegions(store, signal);
  loadGuests(store, signal);
  showStep(store);
  watchExtent(store);
}

/** The frames of the chosen layer: the same ones while its recording goes on, others for another recording. */
function loadFrames(store: Store, signal: AbortSignal): void {
  const mayPrefetch = until(() => store.firstPicture.value, signal);
  // Nobody prefetches for a page that is being left.
  mayPrefetch.catch(() => {});
  let refits = 0;
  signal.addEventListener("abort", () => store.frames.peek()?.stop());
  effect(() => {
    const run = store.run.value;
    const layer = store.layer.value;
    const view = store.view.value;
    const refitWanted = store.display.refitRequests.value !== refits;
    refits = store.display.refitRequests.value;
    const chosen = store.basisSteps.value;
    untracked(() => {
      const frames = store.frames.peek();
      const step = store.step.peek();
      if (run === null || layer === null || step === null || view === null) {
        frames?.stop();
        store.frames.value = null;
        return;
      }
      const server = serverFor(store, layer);
      const make = (basis: Basis) =>
        new FrameCache(run, layer, view, basis, step, store.activity, mayPrefetch, server);
      if (frames?.shows(run, layer, view) && frames.basis.chosen === chosen) {
        frames.extend(run, layer);
        if (hasOwnBasis(view)) refitIfDue(store, frames, make, refitWanted);
        return;
      }
      frames?.stop();
      const next = make(takeBasis(run, layer, chosen));
      if (frames !== null && turnsOnly(frames, next)) next.refits = frames;
      store.frames.value = next;
    });
  });
}

/** Where a picture stands already, it stays until all samples of the next one are there. */
function serverFor(store: Store, layer: Layer): FrameServer {
  const first = store.motion.shown.peek() === null && store.view.peek()?.iterative === false;
  return first && layer.samples > MOST_WHOLE ? SAMPLING_SERVER : SERVER;
}

/** The same axes, with more or fewer components of them. */
function turnsOnly(before: FrameCache, after: FrameCache): boolean {
  return (
    sameView({ ...before.view, components: 0 }, { ...after.view, components: 0 }) &&
    before.key.basisSteps === after.key.basisSteps &&
    before.showsLayer(after)
  );
}

/** Moves the picture to the chosen step as soon as its frame is there; until then the old picture stays. */
function showStep(store: Store): void {
  let shown: { frames: FrameCache; dimensions: number } | null = null;
  effect(() => {
    const frames = store.frames.value;
    const step = store.step.value;
    const dimensions = store.dimensions.value;
    const pinned = store.pinned.value;
    const turn = store.turn.value;
    const still = store.display.held.value;
    if (store.runs.value !== null && store.layer.value === null) store.motion.clear();
    if (frames === null || step === null) return;
    frames.want(pinned ?? step);
    const placed = standingStep(store, frames);
    if (placed === null) return;
    const turned = frames.turn !== (turn ?? UNTURNED_AXES);
    frames.turn = turn ?? UNTURNED_AXES;
    frames.still = still;
    const pose = frames.pose(placed, dimensions);
    if (pose === null) return;
    const sameCloud =
      shown?.frames === frames || (shown !== null && frames.refits === shown.frames);
    const sameScene = sameCloud && shown?.dimensions === dimensions;
    shown = { frames, dimensions };
    untracked(() => {
      const at = placed === pinned ? placeOfStep(store) : store.steps.value.indexOf(placed);
      const moves = sameScene && pinned === null && !(turned && store.touring.peek());
      batch(() => {
        if (moves) store.motion.move(pose, at);
        else store.motion.jump(pose, at);
        store.picture.of.value = frames;
        if (sameCloud) return;
        const framed = framedStep(store, frames);
        // A part of the samples was seen from nearly the same home, which somebody may have left.
        const change = frames.began ? "moved" : "other";
        store.extent.value = { frames, step: framed, change, joined: null };
      });
    });
  });
}

/** Home shows the step that is looked at, and all steps while they are played. */
function watchExtent(store: Store): void {
  effect(() => {
    const frames = store.frames.value;
    if (frames === null) return;
    const step = framedStep(store, frames);
    if (step !== null && !frames.frames.value.has(step)) return;
    const before = store.extent.peek();
    // Other frames come with a picture of their own.
    const known = before !== null && [frames, frames.refits].includes(before.frames);
    if (!known || (before.frames === frames && before.step === step && step !== null)) return;
    store.extent.value = { ...before, frames, step, change: "moved" };
  });
}

/** The step whose samples lie where they are drawn; null while steps are played. */
function framedStep(store: Store, frames: FrameCache): number | null {
  if (store.playing.value) return null;
  return standingStep(store, frames) ?? store.pinned.value ?? store.step.value;
}

/** The step whose frame is drawn: the wanted one, or of a layout under way the nearest that is there; null for none yet. */
function standingStep({ pinned, step, steps }: Store, frames: FrameCache): number | null {
  const wanted = pinned.value ?? step.value;
  const held = frames.frames.value;
  if (wanted === null || held.has(wanted)) return wanted;
  // Linear frames are there in a moment, and would only flicker.
  return frames.view.iterative ? nearestOf(steps.value, [...held.keys()], wanted) : null;
}

function loadMetadata(store: Store, signal: AbortSignal): void {
  onSamples(store, signal, (run, layer, stillWanted) => {
    store.recorded.value = null;
    if (layer.columns.length === 0) return;
    store.activity.attempt(`the metadata of ${run}`, stillWanted, async () => {
      await drawnFirst(store, layer, stillWanted);
      const table = readTable(await fetchMetadata(run, layer, stillWanted));
      store.recorded.value = table;
      const kept = store.colorBy.peek();
      const measured = kept !== null && kindOf(kept) !== null;
      const known = kept === "" || measured || table.some(({ name }) => name === kept);
      if (kept === null || !known) {
        store.colorBy.value = store.label.peek() ?? targetColumn(table);
      }
    });
  });
}

function loadSprites(store: Store, signal: AbortSignal): void {
  const letGo = () => {
    const old = store.sprites.peek();
    store.sprites.value = null;
    for (const sheet of old?.sheets ?? []) sheet.close();
  };
  signal.addEventListener("abort", letGo);
  onSamples(store, signal, (run, layer, stillWanted) => {
    letGo();
    const facts = layer.sprite;
    if (facts === null) return;
    store.activity.attempt(`the thumbnails of ${run}`, stillWanted, async () => {
      await drawnFirst(store, layer, stillWanted);
      const pages = Array.from({ length: facts.pages }, (_, page) => page);
      const sheets = await Promise.all(
        pages.map((page) => fetchSprite(run, layer, page, stillWanted)),
      );
      if (stillWanted.aborted) for (const sheet of sheets) sheet.close();
      else store.sprites.value = { facts, sheets };
    });
  });
}

/** Waits for the picture where it is of very many samples, unless there is none to wait for. */
export async function drawnFirst(
  store: Pick<Store, "view" | "activity" | "firstPicture">,
  layer: Pick<Layer, "samples">,
  stillWanted: AbortSignal,
): Promise<void> {
  if (layer.samples <= MOST_AT_ONCE) return;
  const noneComes = () => store.view.value === null || store.activity.failures.value.length > 0;
  await until(() => store.firstPicture.value || noneComes(), stillWanted);
}

/** Calls back when other samples are shown: of another run or layer, or of other metadata and thumbnails. */
function onSamples(
  store: Store,
  signal: AbortSignal,
  load: (run: string, layer: Layer, stillWanted: AbortSignal) => void,
): void {
  let loaded = "";
  let loading = new AbortController();
  effect(() => {
    const run = store.run.value?.run;
    const layer = store.layer.value;
    if (run === undefined || layer === null) return;
    const samples = JSON.stringify([run, layer.samples_version]);
    if (samples === loaded) return;
    loading.abort();
    loading = new AbortController();
    loaded = samples;
    const stillWanted = AbortSignal.any([signal, loading.signal]);
    untracked(() => load(run, layer, stillWanted));
  });
}

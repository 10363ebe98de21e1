// What a pane needs for its picture: the frames of its layer, metadata, thumbnails, what colours the samples, decision
// regions, what the view is worth; and that the picture moves to the chosen step.
import { computed, effect, untracked } from "@preact/signals";
import { fetch_metadata, fetch_sprite } from "../api";
import type { Layer } from "../types";
import { type Basis, take_basis } from "./basis";
import { load_by_step } from "./by_step";
import { Frames, has_own_basis, same_view } from "./frames";
import { place_of_step } from "./intents";
import { refit_if_due } from "./live";
import { load_colors } from "./measured";
import { kind_of } from "./painting";
import { load_quality } from "./quality";
import { load_regions } from "./regions";
import type { Store } from "./store";
import { read_table } from "./table";
import { UNTURNED_AXES } from "./turn";
import { until } from "./until";

export function load_picture(store: Store, signal: AbortSignal): void {
  load_frames(store, signal);
  load_metadata(store, signal);
  load_by_step(store, signal);
  load_sprites(store, signal);
  load_quality(store, signal);
  load_colors(store, signal);
  load_regions(store, signal);
  show_step(store);
  watch_extent(store);
}

/** The frames of the chosen layer: the same ones while its recording goes on, others for another recording. */
function load_frames(store: Store, signal: AbortSignal): void {
  const may_prefetch = until(() => store.first_picture.value, signal);
  // Nobody prefetches for a page that is being left.
  may_prefetch.catch(() => {});
  let refits = 0;
  signal.addEventListener("abort", () => store.frames.peek()?.stop());
  effect(() => {
    const run = store.run.value;
    const layer = store.layer.value;
    const view = store.view.value;
    const refit_wanted = store.showing.refit_wanted.value !== refits;
    refits = store.showing.refit_wanted.value;
    const chosen = store.basis_steps.value;
    untracked(() => {
      const frames = store.frames.peek();
      const step = store.step.peek();
      if (run === null || layer === null || step === null || view === null) {
        frames?.stop();
        store.frames.value = null;
        return;
      }
      const make = (basis: Basis) =>
        new Frames(run, layer, view, basis, step, store.activity, may_prefetch);
      if (frames?.shows(run, layer, view) && frames.basis.chosen === chosen) {
        frames.extend(run, layer);
        if (has_own_basis(view)) refit_if_due(store, frames, make, refit_wanted);
        return;
      }
      frames?.stop();
      const next = make(take_basis(run, layer, chosen));
      if (frames !== null && turns_only(frames, next)) next.refits = frames;
      store.frames.value = next;
    });
  });
}

/** The same axes, with more or fewer components of them. */
function turns_only(before: Frames, after: Frames): boolean {
  return (
    same_view({ ...before.view, components: 0 }, { ...after.view, components: 0 }) &&
    before.key.basis_steps === after.key.basis_steps &&
    before.shows_layer(after)
  );
}

/** Moves the picture to the chosen step as soon as its frame is there; until then the old picture stays. */
function show_step(store: Store): void {
  let shown: { frames: Frames; dimensions: number } | null = null;
  effect(() => {
    const frames = store.frames.value;
    const step = store.step.value;
    const dimensions = store.dimensions.value;
    const pinned = store.pinned.value;
    const turn = store.turn.value;
    const still = store.showing.held.value;
    if (store.runs.value !== null && store.layer.value === null) store.motion.clear();
    if (frames === null || step === null) return;
    const placed = pinned ?? step;
    frames.want(placed);
    // Another engine's picture would be taken for this one's.
    if (frames.progress.value !== null && frames.frames.value.size === 0) store.motion.clear();
    if (!frames.frames.value.has(placed)) return;
    const turned = frames.turn !== (turn ?? UNTURNED_AXES);
    frames.turn = turn ?? UNTURNED_AXES;
    frames.still = still;
    const pose = frames.pose(placed, dimensions);
    if (pose === null) return;
    const same_cloud =
      shown?.frames === frames || (shown !== null && frames.refits === shown.frames);
    const same_scene = same_cloud && shown?.dimensions === dimensions;
    shown = { frames, dimensions };
    untracked(() => {
      const at = place_of_step(store);
      const moves = same_scene && pinned === null && !(turned && store.touring.peek());
      if (moves) store.motion.move(pose, at);
      else store.motion.jump(pose, at);
      if (!same_cloud) store.extent.value = { frames, change: "other", joined: null };
    });
  });
}

/** Home shows all steps: it is set anew once they have come, and when a recording brings more. */
function watch_extent(store: Store): void {
  let whole: Frames | null = null;
  // The frames that are held, not the step that is wanted of them: playing changes nothing of home.
  const held = computed(() =>
    store.frames.value?.complete ? store.frames.value.frames.value : null,
  );
  effect(() => {
    const frames = store.frames.value;
    if (frames === null || held.value === null) return;
    const known = whole !== null && (whole === frames || whole === frames.refits);
    whole = frames;
    store.extent.value = { frames, change: known ? "grown" : "whole", joined: null };
  });
}

function load_metadata(store: Store, signal: AbortSignal): void {
  on_samples(store, signal, (run, layer, still_wanted) => {
    store.recorded.value = null;
    if (layer.columns.length === 0) return;
    store.activity.attempt(`the metadata of ${run}`, still_wanted, async () => {
      const table = read_table(await fetch_metadata(run, layer, still_wanted));
      store.recorded.value = table;
      const kept = store.color_by.peek();
      const measured = kept !== null && kind_of(kept) !== null;
      const known = kept === "" || measured || table.some(({ name }) => name === kept);
      if (kept === null || !known) store.color_by.value = store.label.peek() ?? "";
    });
  });
}

function load_sprites(store: Store, signal: AbortSignal): void {
  const let_go = () => {
    const old = store.sprites.peek();
    store.sprites.value = null;
    for (const sheet of old?.sheets ?? []) sheet.close();
  };
  signal.addEventListener("abort", let_go);
  on_samples(store, signal, (run, layer, still_wanted) => {
    let_go();
    const facts = layer.sprite;
    if (facts === null) return;
    store.activity.attempt(`the thumbnails of ${run}`, still_wanted, async () => {
      const pages = Array.from({ length: facts.pages }, (_, page) => page);
      const sheets = await Promise.all(
        pages.map((page) => fetch_sprite(run, layer, page, still_wanted)),
      );
      if (still_wanted.aborted) for (const sheet of sheets) sheet.close();
      else store.sprites.value = { facts, sheets };
    });
  });
}

/** Calls back when other samples are shown: of another run or layer, or of other metadata and thumbnails. */
function on_samples(
  store: Store,
  signal: AbortSignal,
  load: (run: string, layer: Layer, still_wanted: AbortSignal) => void,
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
    const still_wanted = AbortSignal.any([signal, loading.signal]);
    untracked(() => load(run, layer, still_wanted));
  });
}

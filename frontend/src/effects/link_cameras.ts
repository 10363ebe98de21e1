// Keeps two panes in step with one another, whichever of them hands are on: what one of them got from the other is not sent
// back.
import { computed, effect, untracked } from "@preact/signals";
import { carryCamera } from "../model/comparison/carry_camera";
import { carrySample } from "../model/comparison/same_samples";
import type { Framed, Store } from "../state/store";
import type { Camera } from "../types";

export interface End<T> {
  read(): T;
  write(value: T): void;
  /** What the other side is to take over for a value of this one; undefined for nothing. */
  carry(value: T): T | undefined;
}

/** The ring around the sample that is pointed at. */
export function linkPointing(first: Store, second: Store): void {
  const end = (store: Store, way: "there" | "back"): End<number | null> => {
    const sample = computed(() => store.hover.value?.sample ?? null);
    return {
      read: () => sample.value,
      write(wanted) {
        store.samples.pointed.value = wanted;
      },
      carry(value) {
        const { link } = first.comparison.linking.value;
        return link === null ? undefined : carrySample(link[way], value);
      },
    };
  };
  join([end(first, "there"), end(second, "back")]);
}

/** Where the axes are shared the cameras stand at the same place, else at the same place as seen from home. */
export function linkCameras(first: Store, second: Store, shared: () => boolean): void {
  const end = (store: Store, other: Store): End<Camera | null> => ({
    read: () => store.camera.value,
    write(camera) {
      if (camera === null) store.homeRequests.value += 1;
      else store.requestedCamera.value = camera;
    },
    carry(camera) {
      if (camera === null) return null;
      if (shared()) return { ...camera };
      const [from, to] = [store.home.value, other.home.value];
      return from && to ? (carryCamera(camera, from, to) ?? undefined) : undefined;
    },
  });
  const send = join([end(first, second), end(second, first)]);
  // The second pane opens where the first one stands, and stays there when either comes to have another home; but the
  // home of another step moves no camera that the user has.
  let steps: readonly unknown[] = [];
  effect(() => {
    const settled = first.home.value !== null && second.home.value !== null;
    shared();
    if (!settled) return;
    const loaded = first.frames.value?.complete && second.frames.value?.complete;
    const before = loaded === true ? steps : [];
    steps = [first, second].map(({ extent }) => extent.peek()?.step);
    const another = steps.some((step, i) => i in before && step !== before[i]);
    if (!another && first.camera.peek() !== null) send();
  });
}

/** Where two layers are seen along the same axes, home shows both of them. */
export function joinHomes(first: Store, second: Store, shared: () => boolean): void {
  effect(() => {
    const complete = first.frames.value?.complete && second.frames.value?.complete;
    const joined = complete === true && shared();
    setJoined(first, joined ? framedIn(second) : null);
    setJoined(second, joined ? framedIn(first) : null);
  });
}

export function partHomes(store: Store): void {
  setJoined(store, null);
}

function framedIn({ extent }: Store): Framed | null {
  return extent.value && { frames: extent.value.frames, step: extent.value.step };
}

function setJoined({ extent }: Store, joined: Framed | null): void {
  const before = extent.value;
  if (before === null) return;
  if (before.joined?.frames === joined?.frames && before.joined?.step === joined?.step) return;
  // One home instead of two is flown to, another step of the same frames only where it calls for it.
  const change = before.joined?.frames === joined?.frames ? "moved" : "whole";
  extent.value = { ...before, joined, change };
}

/** Returns what sends the first end's present value. */
export function join<T>(ends: readonly [End<T>, End<T>]): () => void {
  /** What each end has, or is about to have. */
  const known: [T, T] = [untracked(ends[0].read), untracked(ends[1].read)];
  const send = (from: 0 | 1) => {
    const value = untracked(ends[from].read);
    const to = from === 0 ? 1 : 0;
    known[from] = value;
    const carried = untracked(() => ends[from].carry(value));
    if (carried === undefined) return;
    known[to] = carried;
    untracked(() => ends[to].write(carried));
  };
  for (const from of [0, 1] as const) {
    effect(() => {
      if (ends[from].read() !== known[from]) send(from);
    });
  }
  return () => send(0);
}

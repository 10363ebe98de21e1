// Draws the samples that were not recorded over the others, and knows which of them is pointed at.
import { effect, untracked } from "@preact/signals";
import { type GuestMarks, GuestMotion, NO_GUESTS } from "../model/scene/guests";
import { extentOfPoses } from "../model/scene/pose";
import { guestsAtEnd } from "../state/derived/guests";
import type { Store } from "../state/store";

/** What draws them. */
interface GuestLayer {
  setGuests(guests: GuestMarks): void;
  /** The one under a place of the stage. */
  guestAt(x: number, y: number): number | null;
  /** x and y on the stage, null where it is not drawn. */
  placeOf(guest: number): readonly [number, number] | null;
  guestsDrawn: () => void;
  readonly guestPlaces: Float32Array;
  readonly guestWidth: number;
}

interface Camera {
  /** Shows these positions of the scene as large as they fit. */
  fit(cloud: Float32Array): void;
}

/** Has them drawn, and knows which is pointed at; what stops that. */
export function showGuests(
  store: Store,
  layer: GuestLayer,
  canvas: HTMLCanvasElement,
  camera: Camera,
): (() => void)[] {
  const { guests } = store;
  const motion = new GuestMotion();
  const follow = () => {
    const guest = guests.pointed.peek();
    const place = guest === null ? null : layer.placeOf(guest);
    const width = layer.guestWidth;
    const before = guests.hover.peek();
    if (guest === null || place === null) {
      if (before !== null) guests.hover.value = null;
      return;
    }
    const [x, y] = place;
    if (before?.guest === guest && before.x === x && before.y === y) return;
    const rightHalf = x > canvas.clientWidth / 2;
    const lowerHalf = y > canvas.clientHeight / 2;
    guests.hover.value = { guest, x, y, width, rightHalf, lowerHalf };
  };
  layer.guestsDrawn = () => {
    follow();
    guests.outside.value = countOutside(layer.guestPlaces, canvas);
  };
  guests.screenPositions = () => layer.guestPlaces;
  const leaving = new AbortController();
  listen(canvas, leaving.signal, (at) => {
    guests.pointAt(at === null ? null : layer.guestAt(...at));
  });
  return [
    () => leaving.abort(),
    effect(() => {
      const shown = store.motion.shown.value;
      const end = shown === null ? NO_GUESTS : guestsAtEnd(store, shown);
      const places = shown === null ? end.places : motion.carry(shown, end.places);
      layer.setGuests(guests.shown.value ? { names: end.names, places } : NO_GUESTS);
    }),
    guests.pointed.subscribe(() => untracked(follow)),
    guests.fitRequests.subscribe((times) => {
      const shown = untracked(() => store.motion.shown.value);
      if (times === 0 || shown === null) return;
      const among = untracked(() => guestsAtEnd(store, shown).places);
      camera.fit(joined([...extentOfPoses([shown.to]), among]));
    }),
  ];
}

/** Of x and y in CSS pixels, those that are not on the canvas. */
function countOutside(places: Float32Array, canvas: HTMLCanvasElement): number {
  let count = 0;
  for (let i = 0; i < places.length; i += 2) {
    const [x = 0, y = 0] = places.subarray(i, i + 2);
    const inside = x >= 0 && x <= canvas.clientWidth && y >= 0 && y <= canvas.clientHeight;
    if (!inside) count += 1;
  }
  return count;
}

function joined(clouds: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(clouds.reduce((sum, cloud) => sum + cloud.length, 0));
  let at = 0;
  for (const cloud of clouds) {
    all.set(cloud, at);
    at += cloud.length;
  }
  return all;
}

/** Where a pointer without a pressed button is; null once it has left or drags. */
function listen(
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
  point: (at: readonly [number, number] | null) => void,
): void {
  const move = (event: PointerEvent) =>
    point(event.buttons === 0 ? [event.offsetX, event.offsetY] : null);
  canvas.addEventListener("pointermove", move, { signal });
  for (const name of ["pointerdown", "pointerleave", "pointercancel"] as const) {
    canvas.addEventListener(name, () => point(null), { signal });
  }
}

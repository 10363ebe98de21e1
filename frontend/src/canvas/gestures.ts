// Turns what hands do over the canvas, by mouse, touch or keyboard, into a few words the stage understands.

export interface Gestures {
  /** The pointer rests or moves over the canvas without a button; null when it has left. */
  point(at: readonly [number, number] | null): void;
  /** The scene is taken along; `turning` is what 3-D makes of it. */
  drag(right: number, down: number, turning: boolean): void;
  zoom(factor: number, at: readonly [number, number] | null): void;
  home(): void;
}

const KEY_MOVE = 40;
const KEY_ZOOM = 1.25;
const WHEEL_LINE = 16;

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [KEY_MOVE, 0],
  ArrowRight: [-KEY_MOVE, 0],
  ArrowUp: [0, KEY_MOVE],
  ArrowDown: [0, -KEY_MOVE],
};

export function listen(canvas: HTMLCanvasElement, to: Gestures, signal: AbortSignal): void {
  listenToPointers(canvas, to, signal);
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels =
        event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE : 1);
      to.zoom(2 ** (-pixels / 240), place(canvas, event));
    },
    { passive: false, signal },
  );
  canvas.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = MOVES[event.key];
      if (move !== undefined) to.drag(move[0], move[1], !event.shiftKey);
      else if (event.key === "+" || event.key === "=") to.zoom(KEY_ZOOM, null);
      else if (event.key === "-") to.zoom(1 / KEY_ZOOM, null);
      else if (event.key === "0" || event.key === "h") to.home();
      else return;
      event.preventDefault();
    },
    { signal },
  );
}

function listenToPointers(canvas: HTMLCanvasElement, to: Gestures, signal: AbortSignal): void {
  const held = new Map<number, readonly [number, number]>();
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      canvas.setPointerCapture(event.pointerId);
      held.set(event.pointerId, place(canvas, event));
      to.point(null);
    },
    { signal },
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      const now = place(canvas, event);
      const before = held.get(event.pointerId);
      if (before === undefined) {
        if (event.pointerType !== "touch") to.point(now);
        return;
      }
      const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
      held.set(event.pointerId, now);
      if (other !== undefined) {
        const factor = distance(now, other) / Math.max(1, distance(before, other));
        to.zoom(factor, [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2]);
        // Two fingers move the scene by half of what each of them moves.
        to.drag((now[0] - before[0]) / 2, (now[1] - before[1]) / 2, false);
        return;
      }
      const panning = event.shiftKey || event.ctrlKey || (event.buttons & 2) !== 0;
      to.drag(now[0] - before[0], now[1] - before[1], !panning);
    },
    { signal },
  );
  const release = (event: PointerEvent) => {
    if (
      held.delete(event.pointerId) &&
      event.type === "pointerup" &&
      event.pointerType !== "mouse"
    ) {
      // A tap points at a sample: there is no hovering with a finger.
      to.point(place(canvas, event));
    }
  };
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
    canvas.addEventListener(type, release, { signal });
  }
  canvas.addEventListener(
    "pointerleave",
    (event) => {
      // A finger leaves as soon as it is lifted; what it tapped stays shown.
      if (event.pointerType !== "touch") to.point(null);
    },
    { signal },
  );
  // The right button pans in 3-D.
  canvas.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
}

function place(canvas: HTMLCanvasElement, event: MouseEvent): [number, number] {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function distance(a: readonly [number, number], b: readonly [number, number]): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

// Clicks on the stage, and outlines drawn on it with lasso or box. A drag that draws is taken away from the gestures, which
// would move the scene with it.
import type { Combining, Path, Tool } from "../types";
import { boxBetween } from "./polygon";

export interface OutlineEvents {
  tool(): Tool;
  begin(): void;
  click(at: readonly [number, number], how: Combining): void;
  /** The outline as far as it is drawn; null once it is finished or given up. */
  sketch(path: Path | null): void;
  sketched(path: Path, how: Combining): void;
}

/** A hand is never quite still: less than this, in CSS pixels, is a click. */
const STILL = 4;
const NEAREST_CORNERS = 2;

interface Press {
  readonly pointer: number;
  readonly start: readonly [number, number];
  readonly tool: Tool;
  readonly path: [number, number][];
  moved: boolean;
}

export function listenForOutlines(
  canvas: HTMLCanvasElement,
  to: OutlineEvents,
  signal: AbortSignal,
): void {
  let press: Press | null = null;
  const drawn = ({ tool, start, path }: Press): Path =>
    tool === "box" ? boxBetween(start, path.at(-1) ?? start) : [...path];
  const giveUp = () => {
    if (press !== null && press.tool !== "pan") to.sketch(null);
    press = null;
  };
  // Before the gestures' own listeners, which hear of the event as it bubbles.
  const listening = { signal, capture: true };
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      const second = press !== null;
      giveUp();
      if (event.button !== 0 || second) return;
      const at = place(canvas, event);
      press = { pointer: event.pointerId, start: at, tool: to.tool(), path: [at], moved: false };
      if (press.tool === "pan") return;
      event.stopImmediatePropagation();
      canvas.setPointerCapture(event.pointerId);
      canvas.focus({ preventScroll: true });
      to.begin();
    },
    listening,
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      if (press === null || press.pointer !== event.pointerId) return;
      const at = place(canvas, event);
      press.moved ||= distance(press.start, at) >= STILL;
      if (press.tool === "pan") return;
      event.stopImmediatePropagation();
      if (distance(press.path.at(-1) ?? at, at) >= NEAREST_CORNERS) press.path.push(at);
      if (press.moved) to.sketch(drawn(press));
    },
    listening,
  );
  canvas.addEventListener(
    "pointerup",
    (event) => {
      if (press === null || press.pointer !== event.pointerId) return;
      const done = press;
      giveUp();
      if (done.tool !== "pan") event.stopImmediatePropagation();
      if (!done.moved) to.click(done.start, combiningOf(event));
      else if (done.tool !== "pan") to.sketched(drawn(done), combiningOf(event));
    },
    listening,
  );
  canvas.addEventListener("pointercancel", giveUp, listening);
  canvas.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || press === null || press.tool === "pan") return;
      event.stopPropagation();
      giveUp();
    },
    listening,
  );
}

/** Shift adds to what is selected, Ctrl (the command key on a Mac) takes away from it. */
function combiningOf(event: PointerEvent): Combining {
  if (event.shiftKey) return "add";
  return event.ctrlKey || event.metaKey ? "subtract" : "replace";
}

function place(canvas: HTMLCanvasElement, event: MouseEvent): [number, number] {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function distance(a: readonly [number, number], b: readonly [number, number]): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

// How the picture goes from one step to the next.

export type Easing = "ease" | "linear";

export interface Move {
  /** Milliseconds. */
  readonly duration: number;
  readonly easing: Easing;
}

export const STEP_MOVE: Move = { duration: 400, easing: "ease" };
export const REFIT_MOVE: Move = { duration: 600, easing: "ease" };

export function ease(t: number): number {
  return t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
}

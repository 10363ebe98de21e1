// Plays the steps one after another: how fast, and when to wait.
import type { Move } from "./moves";

export const SPEEDS = [0.5, 1, 2, 4] as const;

const STEP_PERIOD = 1000;
const WHOLE_RUN = 15_000;
const SHORTEST_PERIOD = 150;
/** Above three steps a second a rest would only look like stuttering. */
const SHORTEST_WITH_REST = 1000 / 3;
const SHARE_OF_MOVE = 0.7;

export interface PlayTiming {
  readonly move: Move;
  /** Milliseconds between two moves. */
  readonly rest: number;
}

/** The timing of a run of that many steps: a second each, the whole run in at most 15 s, each at least 150 ms. */
export function playTiming(steps: number, speed: number): PlayTiming {
  const moves = Math.max(1, steps - 1);
  const period = Math.max(SHORTEST_PERIOD, Math.min(STEP_PERIOD, WHOLE_RUN / moves) / speed);
  if (period < SHORTEST_WITH_REST) {
    return { move: { duration: period, easing: "linear" }, rest: 0 };
  }
  const duration = SHARE_OF_MOVE * period;
  return { move: { duration, easing: "ease" }, rest: period - duration };
}

/** What playing needs to know and do; each wait ends early, by an exception, when playing is stopped. */
export interface Player {
  /** The place of the step shown, counted from 0, and how many there are. */
  place(): number;
  count(): number;
  speed(): number;
  /** Whether the first step follows the last. */
  loops(): boolean;
  /** Resolves when the step at this place is in memory and the page can be seen. */
  ready(place: number): Promise<void>;
  go(place: number, move: Move): Promise<void>;
  rest(milliseconds: number): Promise<void>;
}

/** Plays from the step shown to the last one, and on from the first while it loops; from the last one it starts over. */
export async function play(player: Player): Promise<void> {
  const go = async (place: number) => {
    await player.ready(place);
    const { move, rest } = playTiming(player.count(), player.speed());
    await player.go(place, move);
    await player.rest(rest);
  };
  const atEnd = () => player.place() >= player.count() - 1;
  if (atEnd()) await go(0);
  while (!atEnd()) {
    await go(player.place() + 1);
    if (atEnd() && player.loops() && player.count() > 1) await go(0);
  }
}

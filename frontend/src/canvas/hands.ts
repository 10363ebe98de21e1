// What hands do on the stage: they move the eye, point at samples, click them and draw around them.
import type { Path } from "../types";
import type { Eye } from "./eye";
import { listen } from "./gestures";
import { Pointing } from "./pointing";
import { samples_inside } from "./polygon";
import { listen_for_sketches } from "./sketching";
import type { StageEvents } from "./stage_events";

/** What hands find on the stage. */
export interface Reach {
  readonly eye: Eye;
  /** Where each sample lies, as `screen_positions` says it. */
  screen(): Float32Array;
  /** How wide a sample is drawn, in CSS pixels. */
  mark_width(): number;
  /** An outline's places in the scene; null where that is not seen from straight above. */
  in_scene(path: Path): Path | null;
  /** Changes where the eye is, and draws. */
  move(change: () => void): void;
}

/** Listens to the canvas; returns what follows the sample that is pointed at. */
export function lay_hands_on(
  canvas: HTMLCanvasElement,
  reach: Reach,
  events: StageEvents,
  signal: AbortSignal,
): Pointing {
  const { eye } = reach;
  const pointing = new Pointing(reach.screen, reach.mark_width, (at) => events.point(at));
  listen(
    canvas,
    {
      point: (at) => pointing.move(at),
      drag: (right, down, turning) => reach.move(() => eye.drag(right, down, turning)),
      zoom: (factor, at) => reach.move(() => eye.zoom(factor, at)),
      home: () => reach.move(() => eye.go_home()),
    },
    signal,
  );
  listen_for_sketches(
    canvas,
    {
      tool: () => events.tool(),
      begin: () => pointing.move(null),
      click(at, how) {
        const sample = pointing.sample_at(at);
        if (sample !== null) events.click(sample, how);
      },
      sketch: (path) => events.sketch(path),
      sketched(path, how) {
        events.enclose(samples_inside(path, reach.screen()), how, reach.in_scene(path));
      },
    },
    signal,
  );
  return pointing;
}

// What hands do on the stage: they move the eye, point at samples, click them and draw around them.
import type { Path } from "../types";
import type { CameraControl } from "./camera_control";
import { listen } from "./gestures";
import { listenForOutlines } from "./outlines";
import { Pointing } from "./pointing";
import { samplesInside } from "./polygon";
import type { StageEvents } from "./stage_events";

/** What hands find on the stage. */
export interface PointerTarget {
  readonly eye: CameraControl;
  /** Where each sample lies, as `screenPositions` says it. */
  screen(): Float32Array;
  /** How wide a sample is drawn, in CSS pixels. */
  markWidth(): number;
  /** An outline's places in the scene; null where that is not seen from straight above. */
  inScene(path: Path): Path | null;
  /** Changes where the eye is, and draws. */
  move(change: () => void): void;
}

/** Listens to the canvas; returns what follows the sample that is pointed at. */
export function listenToPointer(
  canvas: HTMLCanvasElement,
  reach: PointerTarget,
  events: StageEvents,
  signal: AbortSignal,
): Pointing {
  const { eye } = reach;
  const pointing = new Pointing(reach.screen, reach.markWidth, (at) => events.point(at));
  listen(
    canvas,
    {
      point: (at) => pointing.move(at),
      drag: (right, down, turning) => reach.move(() => eye.drag(right, down, turning)),
      zoom: (factor, at) => reach.move(() => eye.zoom(factor, at)),
      home: () => reach.move(() => eye.goHome()),
    },
    signal,
  );
  listenForOutlines(
    canvas,
    {
      tool: () => events.tool(),
      begin: () => pointing.move(null),
      click(at, how) {
        const sample = pointing.sampleAt(at);
        if (sample !== null) events.click(sample, how);
      },
      sketch: (path) => events.sketch(path),
      sketched(path, how) {
        events.enclose(samplesInside(path, reach.screen()), how, reach.inScene(path));
      },
    },
    signal,
  );
  return pointing;
}

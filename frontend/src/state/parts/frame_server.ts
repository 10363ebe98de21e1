// Who makes the frames of a projection.
import type { Frame, FramesAnswer, ProjectionKey } from "../../types";

export interface FrameServer {
  fetchFrames(
    key: ProjectionKey,
    steps: string,
    signal: AbortSignal,
    work: "start" | "look",
  ): Promise<FramesAnswer>;
  cancelLayout(key: ProjectionKey, signal: AbortSignal): Promise<void>;
  /** A frame of a fair part of the samples, where that is to be drawn before all of them are there. */
  fetchSample?(key: ProjectionKey, step: number, signal: AbortSignal): Promise<Frame | null>;
}

// What the canvas tells whoever holds it.
import type { Matrix4 } from "three";
import type { Camera, Combining, Path, Tool } from "../types";
import type { Size } from "./camera";
import type { Pointed } from "./pointing";

/** Where the camera is. */
export interface CameraState {
  /** Null where it stands at home. */
  readonly moved: Camera | null;
  readonly home: Camera | null;
}

export interface StageEvents {
  tool(): Tool;
  point(at: Pointed | null): void;
  click(sample: number, how: Combining): void;
  /** An outline is being drawn; null once it no longer is. */
  sketch(path: Path | null): void;
  /** These samples lie inside a finished outline, which has places in the scene where that is seen from above. */
  enclose(samples: readonly number[], how: Combining, outline: Path | null): void;
  /** The camera has begun or ended a flight of its own. */
  fly(flying: boolean): void;
  /** The scene has been drawn as the eye sees it: `some` of very many samples, or all where that is null. */
  drawn(clip: Matrix4, size: Size, eye: CameraState, some: number | null): void;
  /** The first frame that holds points has been drawn. */
  firstPicture(): void;
}

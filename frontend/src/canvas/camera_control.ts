// Keeps the camera of each view, 2-D and 3-D, with its home, and flies from one place to another. A camera that the user
// has moved stays where it is; one still at home follows its home.
import type { Dimensions, NearHome } from "../types";
import {
  between,
  type Camera,
  type Clouds,
  fitPlane,
  fitSpace,
  magnification,
  orbit,
  pan,
  placeNear,
  type Size,
  zoomAt,
} from "./camera";

const FLIGHT = 350;
/** A cloud larger than that would be cut, one smaller by that is worth a flight. */
const TOO_LARGE = 1.02;
const TOO_SMALL = 1.6;
/** In heights of the stage, or distances from the target. */
const TOO_FAR = 0.06;

/** What home must show, in the scene of that many dimensions. */
export type ExtentOf = (dimensions: Dimensions) => Clouds;

/** Another scene; more of the same one; or another step of it. */
export type ExtentChange = "other" | "whole" | "moved";

interface CameraPlace {
  camera: Camera;
  home: Camera;
  atHome: boolean;
}

interface Flight {
  readonly from: Camera;
  readonly to: Camera;
  readonly start: number;
}

export class CameraControl {
  private readonly seats = new Map<Dimensions, CameraPlace>();
  private flight: Flight | null = null;
  private awaited: Camera | NearHome | null = null;
  private extentOf: ExtentOf | null = null;
  private readonly extents = new Map<Dimensions, Clouds>();
  private size: Size = { width: 1, height: 1 };

  constructor(
    private dimensions: Dimensions,
    private readonly reducedMotion: () => boolean,
  ) {}

  /** Null until there is something to look at. */
  get camera(): Camera | null {
    return this.seat?.camera ?? null;
  }

  get magnification(): number {
    return this.seat ? magnification(this.seat.camera, this.seat.home) : 1;
  }

  /** The camera where somebody has moved it; null while it stands at home. */
  get moved(): Camera | null {
    return this.seat === undefined || this.seat.atHome ? null : this.seat.camera;
  }

  get home(): Camera | null {
    return this.seat?.home ?? null;
  }

  get flying(): boolean {
    return this.flight !== null;
  }

  setDimensions(dimensions: Dimensions): void {
    this.flight = null;
    this.dimensions = dimensions;
    this.settle();
  }

  /** The positions that home must show, and what that means for a camera that stands at home. */
  setExtent(extentOf: ExtentOf, change: ExtentChange): void {
    this.extentOf = extentOf;
    this.extents.clear();
    if (change === "other") {
      this.flight = null;
      this.seats.clear();
    }
    for (const [dimensions, seat] of this.seats) {
      const home = this.fit(dimensions);
      seat.home = home;
      if (!seat.atHome || (change === "moved" && suits(seat.camera, home))) continue;
      if (dimensions === this.dimensions) this.fly(home);
      else seat.camera = home;
    }
    this.settle();
  }

  setSize(size: Size): void {
    this.size = size;
    for (const [dimensions, seat] of this.seats) {
      seat.home = this.fit(dimensions);
      if (seat.atHome) seat.camera = seat.home;
    }
    // A flight home would end where home was; one to elsewhere goes on.
    if (this.seat?.atHome) this.flight = null;
  }

  goHome(): void {
    const seat = this.seat;
    if (seat === undefined) return;
    seat.home = this.fit(this.dimensions);
    seat.atHome = true;
    this.fly(seat.home);
  }

  /** Flies to where these positions of the scene fill the stage. */
  goTo(cloud: Float32Array): void {
    const seat = this.seat;
    if (seat === undefined) return;
    seat.atHome = false;
    this.fly(
      seat.camera.kind === "plane"
        ? fitPlane([cloud], this.size)
        : fitSpace([cloud], this.size, seat.camera),
    );
  }

  /** Takes a place that is known already; before there is anything to look at, it waits for that. */
  lookFrom(wanted: Camera | NearHome): void {
    const seat = this.seats.get(dimensionsOf(wanted));
    if (seat === undefined) {
      this.awaited = wanted;
      return;
    }
    this.flight = null;
    seat.atHome = false;
    seat.camera = wanted.kind === "near_home" ? placeNear(seat.home, wanted) : wanted;
  }

  drag(right: number, down: number, turning: boolean): void {
    this.move((camera) =>
      camera.kind === "space" && turning
        ? orbit(camera, right, down, this.size)
        : pan(camera, right, down, this.size),
    );
  }

  zoom(factor: number, at: readonly [number, number] | null): void {
    const middle = [this.size.width / 2, this.size.height / 2] as const;
    this.move((camera, home) => zoomAt(camera, factor, at ?? middle, this.size, home));
  }

  /** Moves along the flight; true where that has moved the camera. */
  advance(now: number): boolean {
    const seat = this.seat;
    if (this.flight === null || seat === undefined) return false;
    const t = this.reducedMotion()
      ? 1
      : Math.min(1, Math.max(0, (now - this.flight.start) / FLIGHT));
    seat.camera = between(this.flight.from, this.flight.to, t * t * (3 - 2 * t));
    if (t === 1) this.flight = null;
    return true;
  }

  private get seat(): CameraPlace | undefined {
    return this.seats.get(this.dimensions);
  }

  private move(change: (camera: Camera, home: Camera) => Camera): void {
    const seat = this.seat;
    if (seat === undefined) return;
    this.flight = null;
    seat.atHome = false;
    seat.camera = change(seat.camera, seat.home);
  }

  private fly(to: Camera): void {
    const seat = this.seat;
    if (seat === undefined) return;
    this.flight = { from: seat.camera, to, start: performance.now() };
  }

  private settle(): void {
    if (this.extentOf === null || this.seat !== undefined) return;
    const home = this.fit(this.dimensions);
    this.seats.set(this.dimensions, { camera: home, home, atHome: true });
    const awaited = this.awaited;
    if (awaited === null || dimensionsOf(awaited) !== this.dimensions) return;
    this.awaited = null;
    this.lookFrom(awaited);
  }

  private fit(dimensions: Dimensions): Camera {
    const extent = this.extents.get(dimensions) ?? this.extentOf?.(dimensions) ?? [];
    this.extents.set(dimensions, extent);
    return dimensions === 2 ? fitPlane(extent, this.size) : fitSpace(extent, this.size);
  }
}

function dimensionsOf(wanted: Camera | NearHome): Dimensions {
  if (wanted.kind === "near_home") return wanted.side === null ? 2 : 3;
  return wanted.kind === "plane" ? 2 : 3;
}

/** Whether a camera shows what another one would, without cutting it or making it small. */
function suits(camera: Camera, home: Camera): boolean {
  const larger = magnification(camera, home);
  return larger < TOO_LARGE && larger > 1 / TOO_SMALL && shift(camera, home) < TOO_FAR;
}

function shift(camera: Camera, home: Camera): number {
  if (camera.kind === "plane" && home.kind === "plane") {
    return Math.hypot(home.x - camera.x, home.y - camera.y) / camera.height;
  }
  if (camera.kind === "space" && home.kind === "space") {
    const along = home.target.map((at, axis) => at - (camera.target[axis] as number));
    return Math.hypot(...along) / camera.distance;
  }
  return Number.POSITIVE_INFINITY;
}

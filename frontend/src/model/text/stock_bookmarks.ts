// The stock Projector's bookmarks, read as far as a view of ours can say the same. They name neither run nor tensor nor step:
// they hold for the ones that are shown.
import type { NearHome } from "../../types";
import { writeIds } from "../samples/selection";
import { COMPONENTS, turnTo } from "../scene/components";
import { type Address, writeSettings } from "./address";
import { writeAxes, writeNearHome, writeRule } from "./selection_recipe";

type State = Readonly<Record<string, unknown>>;
type Numbers = readonly number[];

export interface StockViews {
  readonly views: readonly { readonly name: unknown; readonly view: Address }[];
  /** What the file says and a view of ours cannot; empty where all is taken over. */
  readonly notTaken: string;
}

/** Its projections that there are here under the same names. */
const KNOWN = new Set(["pca", "tsne", "umap"]);
/** How far the Projector's camera is from the middle at its home in 3-D. */
const HOME_DISTANCE = Math.hypot(0.45, 0.9, 1.6);

/** Throws in words where they are no bookmarks. */
export function readStock(states: readonly State[]): StockViews {
  const notTaken = new Set<string>();
  const views = states.map((state, i) => {
    if (!("selectedProjection" in state)) {
      throw new Error(
        `These are no bookmarks of the Projector: entry ${i + 1} names no projection.`,
      );
    }
    for (const what of missingOf(state)) notTaken.add(what);
    return { name: state.label, view: viewOfState(state) };
  });
  return { views, notTaken: [...notTaken].join(", ") };
}

function viewOfState(state: State): Address {
  const projection = String(state.selectedProjection);
  const engine = KNOWN.has(projection) ? projection : "pca";
  const settings = writeSettings(settingsOf(projection, state));
  const color = state.selectedColorOptionName;
  const points = Array.isArray(state.selectedPoints) ? state.selectedPoints : [];
  const ids = points.filter((id) => Number.isInteger(id) && id >= 0).sort((a, b) => a - b);
  const camera = projection === "pca" ? cameraOf(state) : null;
  const axes = projection === "pca" ? axesOf(state) : null;
  return {
    ...(engine === "pca" ? {} : { engine }),
    ...(settings === "" ? {} : { settings }),
    ...(isFlat(projection, state) ? {} : { view: "3d" }),
    ...(axes === null ? {} : { axes }),
    ...(camera === null ? {} : { camera: writeNearHome(camera) }),
    ...(typeof color === "string" && color !== "No color map" ? { color } : {}),
    ...(ids.length === 0
      ? {}
      : { selection: writeRule({ kind: "ids", ids: writeIds([...new Set<number>(ids)]) }) }),
  };
}

function* missingOf(state: State): Generator<string> {
  const projection = String(state.selectedProjection);
  if (!KNOWN.has(projection)) yield `the projection "${projection}" (PCA is shown)`;
  if ("projections" in state) yield "positions (this page computes its own)";
  if (projection !== "pca" && "cameraDef" in state) {
    yield "the camera of layouts (it belongs to those positions)";
  } else if (cameraOf(state) !== null) {
    yield "where the camera was shifted to (its side and nearness are taken over)";
  }
  if (state.filteredPoints != null) yield "which samples were filtered";
  if (state.selectedLabelOption != null) yield "the label column";
}

function isFlat(projection: string, state: State): boolean {
  if (projection === "tsne") return state.tSNEis3d === false;
  if (projection === "umap") return state.umapIs3d === false;
  return projection !== "pca" || numbers(state.pcaComponentDimensions)?.length === 2;
}

function settingsOf(projection: string, state: State): Record<string, string> {
  const said =
    projection === "tsne"
      ? { perplexity: state.tSNEPerplexity }
      : projection === "umap"
        ? { neighbors: state.umapNeighbors, min_dist: state.umapMinDist }
        : {};
  const known = Object.entries(said).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}

/** Which components are on the axes, where they are not the first ones. */
function axesOf(state: State): string | null {
  const [across = 0, up = 1, towards] = numbers(state.pcaComponentDimensions) ?? [];
  const third = towards ?? [2, 0, 1].find((one) => one !== across && one !== up) ?? 2;
  const chosen = [across, up, third] as const;
  const known = new Set(chosen).size === 3 && Math.max(...chosen) < COMPONENTS;
  return known ? writeAxes(turnTo(chosen)) : null;
}

/** From which side and how near: the Projector stretches each axis to the same length, so its places are none of ours. */
function cameraOf(state: State): NearHome | null {
  const { orthographic, position, target, zoom } = (state.cameraDef ?? {}) as State;
  const [eye, middle] = [numbers(position), numbers(target)];
  if (eye?.length !== 3 || middle?.length !== 3) return null;
  const [x = 0, y = 0, z = 0] = eye.map((one, i) => one - (middle[i] ?? 0));
  const distance = Math.hypot(x, y, z);
  if (orthographic === true) {
    return typeof zoom === "number" && zoom > 0
      ? { kind: "near_home", nearness: zoom, side: null }
      : null;
  }
  if (distance === 0) return null;
  const side = { turn: Math.atan2(x, z), lift: Math.asin(y / distance) };
  return { kind: "near_home", nearness: HOME_DISTANCE / distance, side };
}

function numbers(said: unknown): Numbers | null {
  return Array.isArray(said) && said.every((one) => Number.isFinite(one)) ? said : null;
}

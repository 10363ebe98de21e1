// The stock Projector's bookmarks, read as far as a view of ours can say the same. They name neither run nor tensor nor step:
// they hold for the ones that are shown.
import type { NearHome } from "../types";
import { type Address, write_settings } from "./address";
import { write_axes, write_near_home, write_rule } from "./rules";
import { write_ids } from "./selection";
import { COMPONENTS, turn_to } from "./turn";

type State = Readonly<Record<string, unknown>>;
type Numbers = readonly number[];

export interface StockViews {
  readonly views: readonly { readonly name: unknown; readonly view: Address }[];
  /** What the file says and a view of ours cannot; empty where all is taken over. */
  readonly left_out: string;
}

/** Its projections that there are here under the same names. */
const KNOWN = new Set(["pca", "tsne", "umap"]);
/** How far the Projector's camera is from the middle at its home in 3-D. */
const HOME_DISTANCE = Math.hypot(0.45, 0.9, 1.6);

/** Throws in words where they are no bookmarks. */
export function read_stock(states: readonly State[]): StockViews {
  const left_out = new Set<string>();
  const views = states.map((state, i) => {
    if (!("selectedProjection" in state)) {
      throw new Error(
        `Expected bookmarks of the Projector, received JSON whose entry ${i + 1} names no projection.`,
      );
    }
    for (const what of missing_of(state)) left_out.add(what);
    return { name: state.label, view: view_of_state(state) };
  });
  return { views, left_out: [...left_out].join(", ") };
}

function view_of_state(state: State): Address {
  const projection = String(state.selectedProjection);
  const engine = KNOWN.has(projection) ? projection : "pca";
  const settings = write_settings(settings_of(projection, state));
  const color = state.selectedColorOptionName;
  const points = Array.isArray(state.selectedPoints) ? state.selectedPoints : [];
  const ids = points.filter((id) => Number.isInteger(id) && id >= 0).sort((a, b) => a - b);
  const camera = projection === "pca" ? camera_of(state) : null;
  const axes = projection === "pca" ? axes_of(state) : null;
  return {
    ...(engine === "pca" ? {} : { engine }),
    ...(settings === "" ? {} : { settings }),
    ...(is_flat(projection, state) ? {} : { view: "3d" }),
    ...(axes === null ? {} : { axes }),
    ...(camera === null ? {} : { camera: write_near_home(camera) }),
    ...(typeof color === "string" && color !== "No color map" ? { color } : {}),
    ...(ids.length === 0
      ? {}
      : { selection: write_rule({ kind: "ids", ids: write_ids([...new Set<number>(ids)]) }) }),
  };
}

function* missing_of(state: State): Generator<string> {
  const projection = String(state.selectedProjection);
  if (!KNOWN.has(projection)) yield `the projection "${projection}" (PCA is shown)`;
  if ("projections" in state) yield "positions (this page computes its own)";
  if (projection !== "pca" && "cameraDef" in state) {
    yield "the camera of layouts (it belongs to those positions)";
  } else if (camera_of(state) !== null) {
    yield "where the camera was shifted to (its side and nearness are taken over)";
  }
  if (state.filteredPoints != null) yield "which samples were filtered";
  if (state.selectedLabelOption != null) yield "the label column";
}

function is_flat(projection: string, state: State): boolean {
  if (projection === "tsne") return state.tSNEis3d === false;
  if (projection === "umap") return state.umapIs3d === false;
  return projection !== "pca" || numbers(state.pcaComponentDimensions)?.length === 2;
}

function settings_of(projection: string, state: State): Record<string, string> {
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
function axes_of(state: State): string | null {
  const [across = 0, up = 1, towards] = numbers(state.pcaComponentDimensions) ?? [];
  const third = towards ?? [2, 0, 1].find((one) => one !== across && one !== up) ?? 2;
  const chosen = [across, up, third] as const;
  const known = new Set(chosen).size === 3 && Math.max(...chosen) < COMPONENTS;
  return known ? write_axes(turn_to(chosen)) : null;
}

/** From which side and how near: the Projector stretches each axis to the same length, so its places are none of ours. */
function camera_of(state: State): NearHome | null {
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

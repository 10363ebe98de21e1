// Views with names: kept by this browser, taken along as files. Files of the stock Projector's bookmarks are read as far as
// a view of ours can say the same.
import { type Signal, signal } from "@preact/signals";
import { type Address, KEYS, write_settings } from "./address";
import { write_rule } from "./rules";
import { write_ids } from "./selection";

export interface Bookmark {
  readonly name: string;
  readonly view: Address;
}

export interface BookmarkFile {
  readonly bookmarks: readonly Bookmark[];
  /** What the file says and a view of ours cannot; empty where all is taken over. */
  readonly left_out: string;
}

export class Bookmarks {
  readonly list: Signal<readonly Bookmark[]> = signal([]);
  /** The browser has refused to keep them. */
  readonly unkept: Signal<boolean> = signal(false);
}

const KEPT = "tb_embed.bookmarks";
const FORMAT = 1;
const MOST_NAME = 80;

export function read_kept_bookmarks(): readonly Bookmark[] {
  try {
    const text = localStorage.getItem(KEPT);
    return text === null ? [] : read_bookmarks(text).bookmarks;
  } catch {
    // No store, or somebody else's words in it; that writing fails too is what the page tells.
    return [];
  }
}

/** False where the browser does not keep them. */
export function keep_bookmarks(bookmarks: readonly Bookmark[]): boolean {
  try {
    if (bookmarks.length === 0) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, write_bookmarks(bookmarks));
    return true;
  } catch {
    return false;
  }
}

export function write_bookmarks(bookmarks: readonly Bookmark[]): string {
  return JSON.stringify({ tb_embed_bookmarks: FORMAT, bookmarks }, null, 1);
}

/** Reads our own files and the stock Projector's; throws in words where it is neither. */
export function read_bookmarks(text: string): BookmarkFile {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw new Error("Expected a file of bookmarks, received something that is not JSON.");
  }
  if (Array.isArray(said)) return read_stock(said);
  const { tb_embed_bookmarks: format, bookmarks } = as_record(said);
  if (typeof format !== "number" || !Array.isArray(bookmarks)) {
    throw new Error(
      "Expected a file of bookmarks of this page or of the Projector, received other JSON.",
    );
  }
  if (format > FORMAT) {
    throw new Error(
      `Expected bookmarks of format ${FORMAT}, received ${format}: update tb_embed_plugin to read them.`,
    );
  }
  const read = bookmarks.map((one, i): Bookmark => {
    const { name, view } = as_record(one);
    return { name: name_of(name, i), view: known_keys(as_record(view)) };
  });
  return { bookmarks: read, left_out: "" };
}

const STOCK_ENGINES: Readonly<Record<string, string>> = { pca: "pca", tsne: "tsne", umap: "umap" };

/** The Projector's bookmarks name neither run nor tensor nor step: they hold for the ones that are shown. */
function read_stock(states: readonly unknown[]): BookmarkFile {
  const left_out = new Set<string>();
  const bookmarks = states.map((one, i): Bookmark => {
    const state = as_record(one);
    if (!("selectedProjection" in state)) {
      throw new Error(
        `Expected bookmarks of the Projector, received JSON whose entry ${i + 1} names no projection.`,
      );
    }
    const projection = String(state.selectedProjection);
    const engine = STOCK_ENGINES[projection];
    if (engine === undefined) left_out.add(`the projection "${projection}" (PCA is shown)`);
    if ("projections" in state) left_out.add("positions (this page computes its own)");
    if ("cameraDef" in state) left_out.add("the camera (it belongs to those positions)");
    if (state.filteredPoints != null) left_out.add("which samples were filtered");
    if (state.selectedLabelOption != null) left_out.add("the label column");
    const points = Array.isArray(state.selectedPoints) ? state.selectedPoints : [];
    const ids = points.filter((id) => Number.isInteger(id) && id >= 0).sort((a, b) => a - b);
    const flat =
      projection === "tsne"
        ? state.tSNEis3d === false
        : projection === "umap"
          ? state.umapIs3d === false
          : is_flat_pca(state.pcaComponentDimensions);
    const settings = stock_settings(projection, state);
    const color = state.selectedColorOptionName;
    const view: Address = {
      ...(engine === undefined || engine === "pca" ? {} : { engine }),
      ...(settings === "" ? {} : { settings }),
      ...(flat ? {} : { view: "3d" }),
      ...(typeof color === "string" && color !== "No color map" ? { color } : {}),
      ...(ids.length === 0
        ? {}
        : { selection: write_rule({ kind: "ids", ids: write_ids([...new Set<number>(ids)]) }) }),
    };
    return { name: name_of(state.label, i), view };
  });
  return { bookmarks, left_out: [...left_out].join(", ") };
}

function is_flat_pca(components: unknown): boolean {
  return Array.isArray(components) && components.length === 2;
}

function stock_settings(projection: string, state: Record<string, unknown>): string {
  const pairs: Record<string, string> = {};
  if (projection === "tsne" && typeof state.tSNEPerplexity === "number") {
    pairs.perplexity = String(state.tSNEPerplexity);
  }
  if (projection === "umap" && typeof state.umapNeighbors === "number") {
    pairs.neighbors = String(state.umapNeighbors);
  }
  return write_settings(pairs);
}

function known_keys(view: Record<string, unknown>): Address {
  const pairs = KEYS.flatMap((key) => (typeof view[key] === "string" ? [[key, view[key]]] : []));
  return Object.fromEntries(pairs) as Address;
}

function name_of(said: unknown, place: number): string {
  const name = typeof said === "string" ? said.trim().slice(0, MOST_NAME) : "";
  return name || `Bookmark ${place + 1}`;
}

function as_record(said: unknown): Record<string, unknown> {
  return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
}

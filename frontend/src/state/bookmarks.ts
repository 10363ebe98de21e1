// Views with names: kept by this browser, taken along as files. The stock Projector's files are read too.
import { type Signal, signal } from "@preact/signals";
import { type Address, KEYS } from "./address";
import { read_stock } from "./stock_bookmarks";

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
  if (Array.isArray(said)) {
    const { views, left_out } = read_stock(said.map(as_record));
    const bookmarks = views.map(({ name, view }, i) => ({ name: name_of(name, i), view }));
    return { bookmarks, left_out };
  }
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

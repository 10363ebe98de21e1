// Views with names: kept by this browser, taken along as files. The stock Projector's files are read too.
import { type Signal, signal } from "@preact/signals";
import { type Address, KEYS } from "../../model/text/address";
import { readStock } from "../../model/text/stock_bookmarks";

export interface Bookmark {
  readonly name: string;
  readonly view: Address;
}

export interface BookmarkFile {
  readonly bookmarks: readonly Bookmark[];
  /** What the file says and a view of ours cannot; empty where all is taken over. */
  readonly notTaken: string;
}

export class Bookmarks {
  readonly list: Signal<readonly Bookmark[]> = signal([]);
  /** The browser has refused to keep them. */
  readonly unkept: Signal<boolean> = signal(false);

  removeBookmark(name: string): void {
    const { list } = this;
    list.value = list.value.filter((one) => one.name !== name);
  }
}

const KEPT = "tb_embed.bookmarks";
const FORMAT = 1;
const MOST_NAME = 80;

export function readKeptBookmarks(): readonly Bookmark[] {
  try {
    const text = localStorage.getItem(KEPT);
    return text === null ? [] : readBookmarks(text).bookmarks;
  } catch {
    // No store, or somebody else's words in it; that writing fails too is what the page tells.
    return [];
  }
}

/** False where the browser does not keep them. */
export function keepBookmarks(bookmarks: readonly Bookmark[]): boolean {
  try {
    if (bookmarks.length === 0) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, writeBookmarks(bookmarks));
    return true;
  } catch {
    return false;
  }
}

export function writeBookmarks(bookmarks: readonly Bookmark[]): string {
  return JSON.stringify({ tb_embed_bookmarks: FORMAT, bookmarks }, null, 1);
}

/** Reads our own files and the stock Projector's; throws in words where it is neither. */
export function readBookmarks(text: string): BookmarkFile {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw new Error("This file holds no bookmarks: it is not JSON.");
  }
  if (Array.isArray(said)) {
    const { views, notTaken } = readStock(said.map(asRecord));
    const bookmarks = views.map(({ name, view }, i) => ({ name: nameOf(name, i), view }));
    return { bookmarks, notTaken };
  }
  const { tb_embed_bookmarks: format, bookmarks } = asRecord(said);
  if (typeof format !== "number" || !Array.isArray(bookmarks)) {
    throw new Error("This file holds no bookmarks, neither of this page nor of the Projector.");
  }
  if (format > FORMAT) {
    throw new Error(
      `These bookmarks have format ${format}, this page reads ${FORMAT}: update tb_embed_plugin.`,
    );
  }
  const read = bookmarks.map((one, i): Bookmark => {
    const { name, view } = asRecord(one);
    return { name: nameOf(name, i), view: knownKeys(asRecord(view)) };
  });
  return { bookmarks: read, notTaken: "" };
}

function knownKeys(view: Record<string, unknown>): Address {
  const pairs = KEYS.flatMap((key) => (typeof view[key] === "string" ? [[key, view[key]]] : []));
  return Object.fromEntries(pairs) as Address;
}

function nameOf(said: unknown, place: number): string {
  const name = typeof said === "string" ? said.trim().slice(0, MOST_NAME) : "";
  return name || `Bookmark ${place + 1}`;
}

function asRecord(said: unknown): Record<string, unknown> {
  return typeof said === "object" && said !== null ? (said as Record<string, unknown>) : {};
}

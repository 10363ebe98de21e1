// What the user can want of bookmarks, and that they stay.
import { effect } from "@preact/signals";
import {
  type Bookmark,
  keepBookmarks,
  readBookmarks,
  readKeptBookmarks,
} from "../state/parts/bookmarks";
import type { Store } from "../state/store";
import { showView, viewOf } from "./view_to_text";

export function followBookmarks(store: Store): void {
  const { list, unkept } = store.bookmarks;
  list.value = readKeptBookmarks();
  let first = true;
  effect(() => {
    const bookmarks = list.value;
    if (!first) unkept.value = !keepBookmarks(bookmarks);
    first = false;
  });
}

/** A name that is there already gets the present view. */
export function addBookmark(store: Store, name: string): void {
  // Bookmarks come back to the very step, also to one that is the last only now.
  const step = store.step.value;
  const view = { ...viewOf(store), ...(step === null ? {} : { step: String(step) }) };
  add(store, [{ name: name.trim(), view }]);
}

export function openBookmark(store: Store, name: string): void {
  const view = store.bookmarks.list.value.find((one) => one.name === name)?.view;
  if (view === undefined) return;
  const here = { run: store.runName.value, layer: store.layerName.value };
  const kept = view.run === undefined ? present(here) : {};
  const step = view.step ?? (view.run === undefined ? String(store.step.value ?? "") : undefined);
  const whole = { ...kept, ...view, ...(step === undefined ? {} : { step }) };
  showingView.abort();
  showingView = new AbortController();
  showView(store, whole, showingView.signal);
}

/** Adds those of a file; returns what of it could not be taken over. Throws in words where it is no such file. */
export function addBookmarksOf(store: Store, text: string): string {
  const { bookmarks, notTaken } = readBookmarks(text);
  add(store, bookmarks);
  return notTaken;
}

/** A bookmark that is still being shown makes way for the next. */
let showingView = new AbortController();

function add(store: Store, bookmarks: readonly Bookmark[]): void {
  const { list } = store.bookmarks;
  const names = new Set(bookmarks.map(({ name }) => name));
  list.value = [...list.value.filter(({ name }) => !names.has(name)), ...bookmarks];
}

function present(view: { readonly run: string | null; readonly layer: string | null }) {
  const { run, layer } = view;
  return { ...(run === null ? {} : { run }), ...(layer === null ? {} : { layer }) };
}

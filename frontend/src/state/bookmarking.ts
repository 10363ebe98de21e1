// What the user can want of bookmarks, and that they stay.
import { effect } from "@preact/signals";
import { type Bookmark, keep_bookmarks, read_bookmarks, read_kept_bookmarks } from "./bookmarks";
import type { Store } from "./store";
import { show_view, view_of } from "./view_state";

export function follow_bookmarks(store: Store): void {
  const { list, unkept } = store.bookmarks;
  list.value = read_kept_bookmarks();
  let first = true;
  effect(() => {
    const bookmarks = list.value;
    if (!first) unkept.value = !keep_bookmarks(bookmarks);
    first = false;
  });
}

/** A name that is there already gets the present view. */
export function add_bookmark(store: Store, name: string): void {
  // Bookmarks come back to the very step, also to one that is the last only now.
  const step = store.step.value;
  const view = { ...view_of(store), ...(step === null ? {} : { step: String(step) }) };
  add(store, [{ name: name.trim(), view }]);
}

export function open_bookmark(store: Store, name: string): void {
  const view = store.bookmarks.list.value.find((one) => one.name === name)?.view;
  if (view === undefined) return;
  const here = { run: store.run_name.value, layer: store.layer_name.value };
  const kept = view.run === undefined ? present(here) : {};
  const step = view.step ?? (view.run === undefined ? String(store.step.value ?? "") : undefined);
  const whole = { ...kept, ...view, ...(step === undefined ? {} : { step }) };
  showing.abort();
  showing = new AbortController();
  show_view(store, whole, showing.signal);
}

export function remove_bookmark(store: Store, name: string): void {
  const { list } = store.bookmarks;
  list.value = list.value.filter((one) => one.name !== name);
}

/** Adds those of a file; returns what of it could not be taken over. Throws in words where it is no such file. */
export function add_bookmarks_of(store: Store, text: string): string {
  const { bookmarks, left_out } = read_bookmarks(text);
  add(store, bookmarks);
  return left_out;
}

/** A bookmark that is still being shown makes way for the next. */
let showing = new AbortController();

function add(store: Store, bookmarks: readonly Bookmark[]): void {
  const { list } = store.bookmarks;
  const names = new Set(bookmarks.map(({ name }) => name));
  list.value = [...list.value.filter(({ name }) => !names.has(name)), ...bookmarks];
}

function present(view: { readonly run: string | null; readonly layer: string | null }) {
  const { run, layer } = view;
  return { ...(run === null ? {} : { run }), ...(layer === null ? {} : { layer }) };
}

// Views with names.
import { useState } from "preact/hooks";
import { download } from "../controls/download";
import {
  add_bookmark,
  add_bookmarks_of,
  open_bookmark,
  remove_bookmark,
} from "../state/bookmarking";
import { write_bookmarks } from "../state/bookmarks";
import type { Store } from "../state/store";

const MOST_BYTES = 50_000_000;

export function BookmarkList({ store }: { store: Store }) {
  const { list, unkept } = store.bookmarks;
  const [name, set_name] = useState("");
  const [said, set_said] = useState("");
  const load = async (file: File) => {
    try {
      if (file.size > MOST_BYTES) throw new Error("Expected a file of at most 50 MB.");
      const left_out = add_bookmarks_of(store, await file.text());
      set_said(left_out === "" ? "" : `Left out: ${left_out}.`);
    } catch (reason) {
      set_said(reason instanceof Error ? reason.message : String(reason));
    }
  };
  return (
    <>
      <h2>Bookmarks</h2>
      <form
        class="row-of-fields"
        onSubmit={(event) => {
          event.preventDefault();
          add_bookmark(store, name);
          set_name("");
        }}
      >
        <input
          type="text"
          aria-label="Name of this view"
          title="The view as it is: run, step, camera, selection"
          placeholder="Name this view"
          maxLength={80}
          value={name}
          onInput={(event) => set_name(event.currentTarget.value)}
        />
        <button type="submit" title="Keep this view under that name" disabled={name.trim() === ""}>
          Add
        </button>
      </form>
      {list.value.length > 0 && (
        <ul class="bookmarks" aria-label="Bookmarks">
          {list.value.map((one) => (
            <li key={one.name}>
              <button
                type="button"
                class="link"
                title="Show this view"
                onClick={() => open_bookmark(store, one)}
              >
                {one.name}
              </button>
              <button
                type="button"
                class="icon"
                aria-label={`Remove ${one.name}`}
                title="Remove this bookmark"
                onClick={() => remove_bookmark(store, one.name)}
              >
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d="M9 4h6l1 1h4v2H4V5h4zM6 8h12l-1 12H7z" />
                </svg>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="row-of-fields">
        <button
          type="button"
          disabled={list.value.length === 0}
          title="All bookmarks as one file"
          onClick={() =>
            download("bookmarks.json", write_bookmarks(list.value), "application/json")
          }
        >
          Save as file
        </button>
        <label class="file" title="Bookmarks saved here or by the Projector">
          Load a file
          <input
            type="file"
            class="unseen"
            accept=".json,.txt,application/json"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file !== undefined) load(file);
              event.currentTarget.value = "";
            }}
          />
        </label>
      </div>
      {said !== "" && <p role="status">{said}</p>}
      {unkept.value && (
        <p role="alert">This browser keeps nothing for this page: save bookmarks as a file.</p>
      )}
    </>
  );
}

// Views with names.
import { useState } from "preact/hooks";
import { download } from "../controls/download";
import { NamedList } from "../controls/named_list";
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
      <NamedList
        name="Bookmarks"
        named={list.value.map((one) => one.name)}
        present="view"
        title="The view as it is: run, step, camera, selection, what is shown"
        open_title="Show this view"
        remove_title="Remove this bookmark"
        keep={(name) => add_bookmark(store, name)}
        open={(name) => open_bookmark(store, name)}
        remove={(name) => remove_bookmark(store, name)}
      />
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
      {said !== "" && (
        <p class="hint" role="status">
          {said}
        </p>
      )}
      {unkept.value && (
        <p role="alert">This browser keeps nothing for this page: save bookmarks as a file.</p>
      )}
    </>
  );
}

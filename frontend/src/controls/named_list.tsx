// Things that somebody has given names: a field that names the present one, and a list of those named before, each to be
// opened and removed again.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

const LONGEST = 80;

interface NamedListProps {
  /** Of the list. */
  readonly name: string;
  readonly named: readonly string[];
  /** What is said of the present thing, "selection" say; null where there is none to be named. */
  readonly present: string | null;
  /** What a thing and its name are good for. */
  readonly title: string;
  readonly openTitle: string;
  readonly removeTitle: string;
  readonly keep: (name: string) => void;
  readonly open: (name: string) => void;
  readonly remove: (name: string) => void;
  /** What stands between a name and the button that removes it. */
  readonly children?: (name: string) => ComponentChildren;
}

export function NamedList(props: NamedListProps) {
  const { name, named, present, title, openTitle, removeTitle, keep, open, remove } = props;
  const [typed, type] = useState("");
  return (
    <>
      {present !== null && (
        <form
          class="row-of-fields"
          onSubmit={(event) => {
            event.preventDefault();
            keep(typed);
            type("");
          }}
        >
          <input
            type="text"
            aria-label={`Name of this ${present}`}
            title={title}
            placeholder={`Name this ${present}`}
            maxLength={LONGEST}
            value={typed}
            onInput={(event) => type(event.currentTarget.value)}
          />
          <button
            type="submit"
            title={`Save this ${present} under that name`}
            disabled={typed.trim() === ""}
          >
            Save {present}
          </button>
        </form>
      )}
      {named.length > 0 && (
        <ul class="named-list" aria-label={name}>
          {named.map((one) => (
            <li key={one}>
              <button type="button" class="link" title={openTitle} onClick={() => open(one)}>
                {one}
              </button>
              {props.children?.(one)}
              <button
                type="button"
                class="icon"
                aria-label={`Remove ${one}`}
                title={removeTitle}
                onClick={() => remove(one)}
              >
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d="M9 4h6l1 1h4v2H4V5h4zM6 8h12l-1 12H7z" />
                </svg>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

// The samples that were not recorded: the sign that they have on the stage, which shows and hides them, and their names.
import { guestsOf } from "../state/derived/guests";
import type { Store } from "../state/store";

export function GuestsLegend({ store }: { store: Store }) {
  const answer = guestsOf(store);
  const { guests } = store;
  if (answer === null || !answer.placeable) return null;
  return (
    <section class="legend guests" aria-label="New samples">
      <ul>
        <li class={guests.shown.value ? "" : "off"}>
          <button
            type="button"
            class="entry"
            aria-pressed={guests.shown.value}
            title="Not recorded, placed by the models that were kept: click to hide or show"
            onClick={() => guests.toggle()}
          >
            <span class="swatch diamond" />
            <span class="name">New samples</span>
            <span class="count">{answer.names.length.toLocaleString("en-US")}</span>
          </button>
        </li>
      </ul>
      <details>
        <summary title="Their names; point at one to see where it is">Names</summary>
        <ul aria-label="Names of the new samples">
          {answer.names.map((name, guest) => (
            <li key={guest}>
              <button
                type="button"
                class="entry"
                title="Shows where it is on the stage"
                onMouseEnter={() => guests.pointAt(guest)}
                onMouseLeave={() => guests.pointAt(null)}
                onFocus={() => guests.pointAt(guest)}
                onBlur={() => guests.pointAt(null)}
              >
                <span class="name">{name}</span>
              </button>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

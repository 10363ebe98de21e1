// The bar above the stage: how the samples are drawn, and the ways back and to help.
import type { ComponentChildren } from "preact";
import {
  choose_dimensions,
  choose_drawing,
  go_home,
  show_help,
  toggle_panel,
} from "../state/intents";
import type { Store } from "../state/store";
import type { Dimensions, Drawing } from "../types";

const DIMENSIONS: readonly (readonly [Dimensions, string])[] = [
  [2, "2-D"],
  [3, "3-D"],
];
const DRAWINGS: readonly (readonly [Drawing, string])[] = [
  ["auto", "Auto"],
  ["dots", "Dots"],
  ["images", "Images"],
];

export function StageBar({ store }: { store: Store }) {
  const open = store.panel_open.value;
  return (
    <div class="stage-bar" role="toolbar" aria-label="View">
      <IconButton
        name={open ? "Hide the data panel" : "Show the data panel"}
        press={() => toggle_panel(store)}
        expanded={open}
      >
        <path d="M4 6h16v2H4zm0 5h16v2H4zm0 5h16v2H4z" />
      </IconButton>
      <div class="spring" />
      {store.layer.value?.sprite != null && (
        <Choice
          name="Draw samples as"
          options={DRAWINGS}
          chosen={store.drawing.value}
          choose={(drawing) => choose_drawing(store, drawing)}
        />
      )}
      <Choice
        name="Dimensions"
        options={DIMENSIONS}
        chosen={store.dimensions.value}
        choose={(dimensions) => choose_dimensions(store, dimensions)}
      />
      <IconButton name="Home view" press={() => go_home(store)}>
        <path d="M12 4 3 12h3v8h5v-5h2v5h5v-8h3z" />
      </IconButton>
      <IconButton name="Help" press={() => show_help(store, true)}>
        <path d="M11 18h2v-2h-2zm1-16a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 18a8 8 0 1 1 0-16 8 8 0 0 1 0 16zm0-14a4 4 0 0 0-4 4h2a2 2 0 1 1 4 0c0 2-3 1.8-3 5h2c0-2.2 3-2.5 3-5a4 4 0 0 0-4-4z" />
      </IconButton>
    </div>
  );
}

interface ChoiceProps<T extends string | number> {
  readonly name: string;
  readonly options: readonly (readonly [T, string])[];
  readonly chosen: T;
  readonly choose: (value: T) => void;
}

function Choice<T extends string | number>({ name, options, chosen, choose }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{name}</legend>
      {options.map(([value, title]) => (
        <label key={value}>
          <input
            type="radio"
            class="unseen"
            name={name}
            checked={value === chosen}
            onChange={() => choose(value)}
          />
          <span>{title}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface IconButtonProps {
  readonly name: string;
  readonly press: () => void;
  readonly expanded?: boolean;
  readonly children: ComponentChildren;
}

function IconButton({ name, press, expanded, children }: IconButtonProps) {
  return (
    <button
      type="button"
      class="icon"
      aria-label={name}
      title={name}
      aria-expanded={expanded}
      onClick={press}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        {children}
      </svg>
    </button>
  );
}

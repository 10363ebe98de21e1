// One of a few, all of them to be seen: radio buttons that look like a row of switches.

export interface Option<T extends string | number> {
  readonly value: T;
  readonly name: string;
  readonly title: string;
  /** A path of 24 by 24 before the name, or in its place where there is no room for both. */
  readonly icon?: string;
  /** It cannot be chosen; the title says why. */
  readonly disabled?: boolean;
}

interface ChoiceProps<T extends string | number> {
  readonly name: string;
  readonly options: readonly Option<T>[];
  readonly chosen: T;
  readonly choose: (value: T) => void;
}

export function Choice<T extends string | number>({
  name,
  options,
  chosen,
  choose,
}: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{name}</legend>
      {options.map((option) => (
        <label key={option.value} title={option.title}>
          <input
            type="radio"
            class="unseen"
            name={name}
            checked={option.value === chosen}
            disabled={option.disabled}
            onChange={() => choose(option.value)}
          />
          <span>
            {option.icon === undefined ? (
              option.name
            ) : (
              <>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d={option.icon} fill-rule="evenodd" />
                </svg>
                <span class="word">{option.name}</span>
              </>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

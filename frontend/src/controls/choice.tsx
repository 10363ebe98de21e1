// One of a few, all of them to be seen: radio buttons that look like a row of switches.

export interface Option<T extends string | number> {
  readonly value: T;
  readonly title: string;
  /** A path of 24 by 24 that is seen in the title's place. */
  readonly icon?: string;
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
      {options.map(({ value, title, icon }) => (
        <label key={value} title={icon === undefined ? undefined : title}>
          <input
            type="radio"
            class="unseen"
            name={name}
            checked={value === chosen}
            onChange={() => choose(value)}
          />
          <span>
            {icon === undefined ? (
              title
            ) : (
              <>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                  <path d={icon} fill-rule="evenodd" />
                </svg>
                <span class="unseen">{title}</span>
              </>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

// A button that shows an icon, and beside it a word where the window is wide; its name, or more, is in its tooltip.
import type { ComponentChildren } from "preact";

interface IconButtonProps {
  readonly name: string;
  /** Where a line says more than the name. */
  readonly title?: string;
  /** Beside the icon where there is room: the name, or a part of it. */
  readonly word?: string;
  readonly press: () => void;
  readonly expanded?: boolean;
  /** A count at its corner, of which the name tells more. */
  readonly badge?: string | undefined;
  readonly children: ComponentChildren;
}

export function IconButton(props: IconButtonProps) {
  const { name, title, word, press, expanded, badge, children } = props;
  return (
    <button
      type="button"
      class={word === undefined ? "icon" : "icon worded"}
      aria-label={name}
      title={title ?? name}
      aria-expanded={expanded}
      onClick={press}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        {children}
      </svg>
      {word !== undefined && <span class="word">{word}</span>}
      {badge !== undefined && (
        <span class="badge" aria-hidden="true">
          {badge}
        </span>
      )}
    </button>
  );
}

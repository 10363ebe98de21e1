// A button whose name, or more, is in its tooltip; what is seen of it is one path.
import type { ComponentChildren } from "preact";

interface IconButtonProps {
  readonly name: string;
  /** Where a line says more than the name. */
  readonly title?: string;
  readonly press: () => void;
  readonly expanded?: boolean;
  /** A count at its corner, of which the name tells more. */
  readonly badge?: string | undefined;
  readonly children: ComponentChildren;
}

export function IconButton({ name, title, press, expanded, badge, children }: IconButtonProps) {
  return (
    <button
      type="button"
      class="icon"
      aria-label={name}
      title={title ?? name}
      aria-expanded={expanded}
      onClick={press}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        {children}
      </svg>
      {badge !== undefined && (
        <span class="badge" aria-hidden="true">
          {badge}
        </span>
      )}
    </button>
  );
}

// Controls that are folded until they are wanted, over the page. Escape folds them again.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

interface MenuProps {
  readonly name: string;
  readonly title: string;
  /** A path of 24 by 24, before the name. */
  readonly icon: string;
  /** It stays unfolded while somebody works elsewhere. */
  readonly stays?: boolean;
  readonly children: ComponentChildren;
}

export function Menu({ name, title, icon, stays = false, children }: MenuProps) {
  const details = useRef<HTMLDetailsElement>(null);
  const fold = () => {
    if (details.current !== null) details.current.open = false;
  };
  return (
    <details
      class="menu"
      ref={details}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !details.current?.open) return;
        event.stopPropagation();
        fold();
        details.current.querySelector("summary")?.focus();
      }}
      onFocusOut={(event) => {
        const to = event.relatedTarget as Node | null;
        if (!stays && to !== null && !details.current?.contains(to)) fold();
      }}
    >
      <summary title={title}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d={icon} fill-rule="evenodd" />
        </svg>
        <span class="word">{name}</span>
      </summary>
      <section class="menu-body" aria-label={name}>
        {children}
      </section>
    </details>
  );
}

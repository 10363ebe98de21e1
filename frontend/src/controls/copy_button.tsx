// Copies a text where the browser lets us, which it does not on plain http; there it shows the text, selected, so that the
// keys for copying do the rest.
import { useEffect, useRef, useState } from "preact/hooks";

interface CopyButtonProps {
  readonly name: string;
  readonly title: string;
  readonly text: () => string;
}

export function CopyButton({ name, title, text }: CopyButtonProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [shown, show] = useState<string | null>(null);
  const [copied, setCopied] = useState(false);
  useEffect(() => field.current?.select(), [shown]);
  const copy = async () => {
    const written = text();
    try {
      await navigator.clipboard.writeText(written);
      setCopied(true);
    } catch {
      // No clipboard, or not for us: the text area is the other way.
      show(written);
    }
  };
  return (
    <>
      <button type="button" title={title} onClick={copy} onBlur={() => setCopied(false)}>
        {copied ? "Copied" : name}
      </button>
      {shown !== null && (
        <div class="to-copy">
          <label>
            Press Ctrl+C to copy
            <textarea
              ref={field}
              title="Already selected: press Ctrl+C"
              readOnly
              rows={3}
              value={shown}
            />
          </label>
          <button type="button" title="Close" onClick={() => show(null)}>
            Done
          </button>
        </div>
      )}
    </>
  );
}

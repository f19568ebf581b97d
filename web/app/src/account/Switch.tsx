import type { ComponentChildren } from 'preact';

interface Props {
  readonly on: boolean;
  readonly disabled?: boolean;
  readonly change: (on: boolean) => void;
  readonly children: ComponentChildren;
  /** The explanation below it. */
  readonly note?: string;
}

/** A setting that is on or off. */
export function Switch({ on, disabled, change, children, note }: Props) {
  return (
    <div class="switch-row">
      <label class="switch">
        <span>{children}</span>
        <input
          type="checkbox"
          role="switch"
          checked={on}
          aria-checked={on}
          disabled={disabled}
          onChange={event => change(event.currentTarget.checked)}
        />
      </label>
      {note && <p class="quiet">{note}</p>}
    </div>
  );
}

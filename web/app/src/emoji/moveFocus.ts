/**
 * Moves the focus among buttons in rows by an arrow key; `false` if it is another key, or none of them has the focus.
 */
export function moveFocus(event: KeyboardEvent, buttons: readonly HTMLButtonElement[]): boolean {
  const at = buttons.indexOf(event.target as HTMLButtonElement);
  const from = buttons[at];
  if (!from) return false;
  const forward = getComputedStyle(from).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
  const next = {
    ArrowLeft: () => buttons[at + (forward === 'ArrowLeft' ? 1 : -1)],
    ArrowRight: () => buttons[at + (forward === 'ArrowRight' ? 1 : -1)],
    ArrowDown: () => inNextRow(from, buttons.slice(at + 1)),
    ArrowUp: () => inNextRow(from, buttons.slice(0, at).reverse()),
    Home: () => buttons[0],
    End: () => buttons[buttons.length - 1],
  }[event.key];
  if (!next) return false;
  next()?.focus();
  return true;
}

/** The nearest button to `from` in the next row. */
function inNextRow(from: HTMLElement, others: readonly HTMLButtonElement[]): HTMLButtonElement | undefined {
  const { top, left } = from.getBoundingClientRect();
  const places = others.map(button => ({ button, at: button.getBoundingClientRect() }));
  const row = places.find(({ at }) => Math.abs(at.top - top) > 1)?.at.top;
  const inRow = places.filter(({ at }) => at.top === row);
  const distance = ({ at }: (typeof places)[number]) => Math.abs(at.left - left);
  return inRow.sort((one, other) => distance(one) - distance(other))[0]?.button;
}

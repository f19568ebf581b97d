/** What keeps an element and the page around it from disturbing each other. */

const KEYS = ['keydown', 'keypress', 'keyup'] as const;
/** Handled by the chat, these are no concern of the page. */
const TRANSFERS = ['paste', 'copy', 'cut', 'dragenter', 'dragover', 'drop'] as const;

/**
 * Keeps to the chat what is meant for it: to the page around, a key that is pressed in here comes from the element, not
 * from a text field, so its shortcuts would take letters away from what is being typed. Shortcuts with Control or Command,
 * function keys, Tab, and an Escape that the chat has no use for still reach the page.
 */
export function keepEventsIn(root: ShadowRoot): void {
  const stop = (event: Event) => event.stopPropagation();
  for (const name of KEYS)
    root.addEventListener(name, event => isForPage(event as KeyboardEvent) || stop(event));
  for (const name of TRANSFERS) root.addEventListener(name, event => event.defaultPrevented && stop(event));
}

function isForPage(event: KeyboardEvent): boolean {
  if (event.defaultPrevented) return false;
  // Alt with Control writes characters on many keyboards.
  const shortcut = (event.ctrlKey || event.metaKey) && !event.altKey;
  return shortcut || /^(Escape|Tab|F\d+)$/.test(event.key);
}

/** Keeps an element and the embedding page from disturbing each other. */

const KEYS = ['keydown', 'keypress', 'keyup'] as const;
/** Events that the chat handles and the page must not. */
const TRANSFERS = ['paste', 'copy', 'cut', 'dragenter', 'dragover', 'drop'] as const;

/**
 * Keeps events of the chat from the page: to the page a key press comes from the element, not from a text field, so its
 * shortcuts would swallow typed letters. Shortcuts with Control or Command, function keys, Tab, and an Escape that the chat
 * does not use still reach the page.
 */
export function keepEventsIn(root: ShadowRoot): void {
  const stop = (event: Event) => event.stopPropagation();
  for (const name of KEYS)
    root.addEventListener(name, event => isForPage(event as KeyboardEvent) || stop(event));
  for (const name of TRANSFERS) root.addEventListener(name, event => event.defaultPrevented && stop(event));
}

function isForPage(event: KeyboardEvent): boolean {
  if (event.defaultPrevented) return false;
  // Alt with Control types characters on many keyboards.
  const shortcut = (event.ctrlKey || event.metaKey) && !event.altKey;
  return shortcut || /^(Escape|Tab|F\d+)$/.test(event.key);
}

/**
 * Has the browser ask before the page is closed or loaded again, until the returned function is called. Browsers of today
 * ask in words of their own; `text` is for those that show what the page says. Phones with iOS never ask.
 */
export function askBeforeLeaving(text: string): () => void {
  const ask = (event: BeforeUnloadEvent) => {
    event.preventDefault();
    event.returnValue = text;
  };
  addEventListener('beforeunload', ask);
  return () => removeEventListener('beforeunload', ask);
}

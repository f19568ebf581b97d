/**
 * Makes the browser ask before the page is closed or reloaded, until the returned function is called. Current browsers show
 * their own text; `text` is for those that show the page's. iOS never asks.
 */
export function askBeforeLeaving(text: string): () => void {
  const ask = (event: BeforeUnloadEvent) => {
    event.preventDefault();
    event.returnValue = text;
  };
  addEventListener('beforeunload', ask);
  return () => removeEventListener('beforeunload', ask);
}

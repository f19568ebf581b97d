const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** What of `location` says which server a page is of. */
type Page = Pick<Location, 'hostname' | 'port' | 'origin'>;

/**
 * A server on this machine has several names, and tells one of them in file URLs. To the browser they are several origins, of
 * which a page may use its own: URLs under another name of the same server are used under the page's.
 */
export function sameServer(url: string, page: Page): string {
  if (!LOOPBACK.test(page.hostname) || !URL.canParse(url)) return url;
  const { hostname, port, pathname, search } = new URL(url);
  return LOOPBACK.test(hostname) && port === page.port ? page.origin + pathname + search : url;
}

/** `url` if it may be opened: nothing but `http:` and `https:` comes from the server into an address. */
export function webAddress(url: string | undefined, page: Page = location): string | undefined {
  return url && /^(https?:\/\/|\/(?!\/))/i.test(url) ? sameServer(url, page) : undefined;
}

/**
 * Where the server is that brought this page, without a slash at the end: at the top of the page's origin, or below the path
 * of its public URL, which the server wrote into the page (`/chat/`). A path, or empty.
 */
export function baseOf(page: Pick<Document, 'querySelector'>): string {
  const given = page.querySelector<HTMLMetaElement>('meta[name=jobline-base]')?.content ?? '';
  return given.replace(/\/+$/, '');
}

/**
 * The server of an element, without a slash at the end: at the URL that the page gives, or in the folder that the element's
 * script came from. Empty where nothing says it: then it is the page's own origin.
 */
export function serverOf(given: string | null, script: string | undefined, page: string): string {
  if (given === '' || (given === null && !script)) return '';
  const { origin, pathname } = given === null ? new URL('.', script) : new URL(given, page);
  return origin + pathname.replace(/\/+$/, '');
}

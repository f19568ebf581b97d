const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The part of `location` that identifies a page's server. */
type Page = Pick<Location, 'hostname' | 'port' | 'origin'>;

/**
 * A server on this machine has several names, and uses one of them in file URLs. To the browser they are different origins,
 * of which a page may use only its own, so a URL under another name of the same server is changed to the page's.
 */
export function sameServer(url: string, page: Page): string {
  if (!LOOPBACK.test(page.hostname) || !URL.canParse(url)) return url;
  const { hostname, port, pathname, search } = new URL(url);
  return LOOPBACK.test(hostname) && port === page.port ? page.origin + pathname + search : url;
}

/** `url` if it may be opened: only `http:` and `https:` URLs from the server are used as addresses. */
export function webAddress(url: string | undefined, page: Page = location): string | undefined {
  return url && /^(https?:\/\/|\/(?!\/))/i.test(url) ? sameServer(url, page) : undefined;
}

/**
 * The path of the server that served this page, without a slash at the end: empty, or the path of its public URL, which the
 * server wrote into the page (`/chat/`).
 */
export function baseOf(page: Pick<Document, 'querySelector'>): string {
  const given = page.querySelector<HTMLMetaElement>('meta[name=jobline-base]')?.content ?? '';
  return given.replace(/\/+$/, '');
}

/**
 * The server of an element, without a slash at the end: the URL that the page sets, or else the folder of the element's
 * script. Empty if neither is known, which means the page's own origin.
 */
export function serverOf(given: string | null, script: string | undefined, page: string): string {
  if (given === '' || (given === null && !script)) return '';
  const { origin, pathname } = given === null ? new URL('.', script) : new URL(given, page);
  return origin + pathname.replace(/\/+$/, '');
}

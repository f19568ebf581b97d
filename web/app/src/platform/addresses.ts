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

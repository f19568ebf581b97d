import type { Http } from '@jobline/sdk';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * A server on this machine has several names, and tells its own in file URLs. To the browser they are several origins, of
 * which the page may use one: URLs under another name of the same server are used under the page's.
 */
export function sameServer(url: string, page: Pick<Location, 'hostname' | 'port' | 'origin'>): string {
  if (!LOOPBACK.test(page.hostname) || !URL.canParse(url)) return url;
  const { hostname, port, pathname, search } = new URL(url);
  return LOOPBACK.test(hostname) && port === page.port ? page.origin + pathname + search : url;
}

export type { Http };

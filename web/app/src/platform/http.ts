import { browserPorts, type Http } from '@jobline/sdk/browser';
import { sameServer } from './addresses.ts';

/** HTTP that uploads to the server under the page's name for it. */
export function pageHttp(): Http {
  const { http } = browserPorts();
  return request => http({ ...request, url: sameServer(request.url, location) });
}

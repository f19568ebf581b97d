/** HTTP in a browser: `fetch`, and `XMLHttpRequest` where progress is wanted, which `fetch` does not tell of. */

import type { HttpAnswer, HttpCall, HttpRequest } from '../ports.ts';

export function browserHttp(request: HttpRequest): HttpCall {
  return request.onProgress && typeof XMLHttpRequest !== 'undefined' ? viaXhr(request) : viaFetch(request);
}

function viaFetch({ method, url, headers, body }: HttpRequest): HttpCall {
  const abort = new AbortController();
  const run = async (): Promise<HttpAnswer> => {
    const signal = abort.signal;
    const init: RequestInit = { method, headers, signal, cache: 'no-store', credentials: 'omit' };
    const response = await fetch(url, body === undefined ? init : { ...init, body });
    const text = await response.text();
    return { status: response.status, header: name => response.headers.get(name) ?? undefined, body: text };
  };
  return { answer: run(), cancel: () => abort.abort() };
}

function viaXhr({ method, url, headers, body, onProgress }: HttpRequest): HttpCall {
  const xhr = new XMLHttpRequest();
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      // The browser sets these itself and refuses to be told.
      if (!/^(content-length|host)$/i.test(name)) xhr.setRequestHeader(name, value);
    }
    xhr.upload.onprogress = event => onProgress?.(event.loaded);
    xhr.onerror = () => reject(new Error('The connection was lost.'));
    xhr.onabort = () => reject(new Error('The request was cancelled.'));
    xhr.onload = () => {
      const header = (name: string) => xhr.getResponseHeader(name) ?? undefined;
      resolve({ status: xhr.status, header, body: xhr.responseText });
    };
    xhr.send(body);
  });
  return { answer, cancel: () => xhr.abort() };
}

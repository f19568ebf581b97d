/** HTTP in a browser, by `XMLHttpRequest`, since `fetch` does not report the progress of uploads. */

import type { HttpAnswer, HttpCall, HttpRequest } from '../ports.ts';

export function browserHttp({ method, url, headers, body, onProgress }: HttpRequest): HttpCall {
  const xhr = new XMLHttpRequest();
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    const lost = () => reject(new Error('No connection.'));
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      // The browser sets these itself and refuses other values.
      if (!/length|host/i.test(name)) xhr.setRequestHeader(name, value);
    }
    // A listener makes requests to another origin send a preflight, so there is one only where progress is wanted.
    if (onProgress) xhr.upload.onprogress = event => onProgress(event.loaded);
    xhr.onerror = lost;
    xhr.onabort = lost;
    xhr.onload = () => {
      // Reading a forbidden header by its name logs an error in the console.
      const headers = xhr.getAllResponseHeaders();
      const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1]?.trim();
      resolve({ status: xhr.status, header, body: xhr.responseText });
    };
    xhr.send(body);
  });
  return { answer, cancel: () => xhr.abort() };
}

/** HTTP in a browser. By `XMLHttpRequest`, since `fetch` does not tell how far an upload is. */

import type { HttpAnswer, HttpCall, HttpRequest } from '../ports.ts';

export function browserHttp({ method, url, headers, body, onProgress }: HttpRequest): HttpCall {
  const xhr = new XMLHttpRequest();
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    const lost = () => reject(new Error('No connection.'));
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      // The browser sets these itself and refuses to be told.
      if (!/length|host/i.test(name)) xhr.setRequestHeader(name, value);
    }
    // Listening makes a request to another origin ask first: only where somebody wants to know.
    if (onProgress) xhr.upload.onprogress = event => onProgress(event.loaded);
    xhr.onerror = lost;
    xhr.onabort = lost;
    xhr.onload = () => {
      // Of what may not be read, asking for one by its name complains in the console.
      const headers = xhr.getAllResponseHeaders();
      const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1]?.trim();
      resolve({ status: xhr.status, header, body: xhr.responseText });
    };
    xhr.send(body);
  });
  return { answer, cancel: () => xhr.abort() };
}

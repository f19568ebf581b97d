import { expect, test } from 'vitest';
import { sameServer, webAddress } from '../src/platform/addresses.ts';

const page = { hostname: 'localhost', port: '8080', origin: 'http://localhost:8080' };

test('the same server under another name of this machine is the same origin', () => {
  expect(sameServer('http://127.0.0.1:8080/files/a?s=1', page)).toBe('http://localhost:8080/files/a?s=1');
});
test('other servers stay other servers', () => {
  for (const url of [
    'http://127.0.0.1:9000/a',
    'https://files.example/a',
    '/files/a',
    'http://localhost.evil.example:8080/a',
  ]) {
    expect(sameServer(url, page)).toBe(url);
  }
  const elsewhere = { hostname: 'chat.example', port: '', origin: 'https://chat.example' };
  expect(sameServer('http://127.0.0.1/a', elsewhere)).toBe('http://127.0.0.1/a');
});
test('only addresses of the web are opened', () => {
  expect(webAddress('https://files.example/a', page)).toBe('https://files.example/a');
  expect(webAddress('/files/a', page)).toBe('/files/a');
  for (const url of ['javascript:alert(1)', 'data:text/html,x', '//evil.example', '', undefined]) {
    expect(webAddress(url, page)).toBeUndefined();
  }
});

import { expect, test } from 'vitest';
import { baseOf, sameServer, serverOf, webAddress } from '../src/platform/addresses.ts';

const page = { hostname: 'localhost', port: '8080', origin: 'http://localhost:8080' };

test('localhost and 127.0.0.1 are the same origin', () => {
  expect(sameServer('http://127.0.0.1:8080/files/a?s=1', page)).toBe('http://localhost:8080/files/a?s=1');
});
test('different servers are different origins', () => {
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
test('only http and https addresses are opened', () => {
  expect(webAddress('https://files.example/a', page)).toBe('https://files.example/a');
  expect(webAddress('/files/a', page)).toBe('/files/a');
  for (const url of ['javascript:alert(1)', 'data:text/html,x', '//evil.example', '', undefined]) {
    expect(webAddress(url, page)).toBeUndefined();
  }
});
test('the server address is the one that the page states, or the root of its origin', () => {
  const saying = (content: string | undefined) => ({
    querySelector: () => (content === undefined ? null : ({ content } as never)),
  });
  expect(baseOf(saying('/chat/'))).toBe('/chat');
  expect(baseOf(saying('/a/b/'))).toBe('/a/b');
  expect(baseOf(saying(undefined))).toBe('');
});
test('the element’s server is its URL attribute, or the origin of its script', () => {
  const here = 'https://jobs.example/list';
  const script = 'https://chat.example/inbox/jobline-chat.js?v=2';
  expect(serverOf(null, script, here)).toBe('https://chat.example/inbox');
  expect(serverOf(null, 'https://chat.example/jobline-chat.js', here)).toBe('https://chat.example');
  expect(serverOf('https://other.example/chat/', script, here)).toBe('https://other.example/chat');
  expect(serverOf('https://other.example', script, here)).toBe('https://other.example');
  expect(serverOf('/chat', script, here)).toBe('https://jobs.example/chat');
  expect(serverOf('', script, here)).toBe('');
  expect(serverOf(null, undefined, here)).toBe('');
});

/**
 * `docs/quick-starts/identity.md`: the settings for each identity provider, as written, accept its tokens and
 * refuse those for others.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { answered, blocks, freePort, Project } from './guide.ts';

const BINARY = process.env.JOBLINE_BIN ?? new URL('../../../target/debug/jobline', import.meta.url).pathname;
const now = () => Math.floor(Date.now() / 1000);

/**
 * The claims of a provider's tokens besides `iss`, `iat` and `exp`, and the fields of their header and keys.
 */
interface Form {
  readonly claims: () => JWTPayload & { sub: string };
  /** Its other forms of user ids. */
  readonly subjects?: readonly string[];
  readonly head?: object;
  readonly kid: string;
  readonly key?: object;
}

/** In the order of the page. */
const forms: Record<string, Form> = {
  clerk: {
    claims: () => ({
      azp: 'https://www.example.com',
      fva: [0, -1],
      jti: '2c9f3e1d5a7b',
      nbf: now() - 10,
      o: { id: 'org_2abC', rol: 'admin', slg: 'market' },
      sid: 'sess_2abCdEfGhIjK',
      sts: 'active',
      sub: 'user_2abCdEfGhIjK',
      v: 2,
    }),
    head: { cat: 'cl_B7d4PD111AAA', typ: 'JWT' },
    kid: 'ins_2abCdEfGhIjK',
  },
  auth0: {
    claims: () => ({
      sub: 'auth0|65f0c0ffee65f0c0ffee65f0',
      aud: ['https://API.example.com', 'https://TENANT.us.auth0.com/userinfo'],
      azp: 'aBcDeFgHiJkLmNoP',
      scope: 'openid profile email',
      permissions: ['read:chat'],
    }),
    subjects: ['google-oauth2|104938201938475610293', 'waad|q_LkJ-1aB', 'apple|001234.0a1b2c3d4e5f.0910'],
    head: { typ: 'JWT' },
    kid: 'NkJCQzIyQzRBMEQ4NjhBN0U3',
    key: { x5t: 'NkJCQzIyQzRBMEQ4NjhBN0U3', x5c: ['MIIDBTCCAe2gAwIBAgIJ'] },
  },
  cognito: {
    claims: () => ({
      sub: '5b3ad0f2-0e0c-4c2b-9d7e-3b8c1f7e2a11',
      aud: 'CLIENT',
      'cognito:groups': ['workers'],
      'cognito:username': 'ben',
      email: 'ben@example.com',
      email_verified: true,
      event_id: '1f2e3d4c-0000-4000-8000-000000000000',
      token_use: 'id',
      auth_time: now() - 60,
    }),
    kid: 'pJ8oe+uRkd0tq2/3yXb7kDk5Zw1a0bcdefghijklmno=',
  },
  firebase: {
    claims: () => ({
      name: 'Anna Berg',
      aud: 'PROJECT',
      auth_time: now() - 60,
      user_id: 'Q2hhdEpvYmxpbmUxMjM0NTY3ODkw',
      sub: 'Q2hhdEpvYmxpbmUxMjM0NTY3ODkw',
      email: 'anna@example.com',
      email_verified: false,
      firebase: { identities: { email: ['anna@example.com'] }, sign_in_provider: 'password' },
    }),
    head: { typ: 'JWT' },
    kid: '6f9777a685907798ef794062c00b65d66c240b1b',
  },
};

let keys: Server | undefined;
let host: Project | undefined;
let folder = '';
afterEach(() => {
  host?.end();
  keys?.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each(Object.entries(forms).map(([name, form], at) => [name, form, at] as const))(
  'identity: %s',
  async (name, form, at) => {
    const settings = blocks('identity')[at]?.code ?? '';
    const setting = (key: string) => new RegExp(`${key}=(\\S+)`).exec(settings)?.[1] ?? '';
    expect(setting('JOBLINE_JWKS_URL')).toMatch(/^https:\/\//);
    const [ours, another] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
    // Providers publish the next key before they use it.
    const published = await Promise.all(
      [another, ours].map(async ({ publicKey }, place) => ({
        ...(await exportJWK(publicKey)),
        ...form.key,
        kid: place === 1 ? form.kid : 'next',
        alg: 'RS256',
        use: 'sig',
      })),
    );
    keys = createServer((_, response) =>
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: published })),
    );
    const keysPort = await freePort();
    await new Promise<void>(resolve => keys?.listen(keysPort, '127.0.0.1', resolve));
    const listen = await freePort();
    folder = mkdtempSync(join(tmpdir(), 'jobline-identity-'));
    host = new Project(name, { JOBLINE_HOST_KEY: 'h'.repeat(32) }, [], []);
    host.keep(
      `${settings.replace(setting('JOBLINE_JWKS_URL'), `http://127.0.0.1:${keysPort}/jwks.json`)}
      exec ${BINARY} --listen 127.0.0.1:${listen} --data ${folder} --log warn`,
    );
    await answered(`http://127.0.0.1:${listen}/readyz`);
    const ask = async (changed: object, { kid, key } = { kid: form.kid, key: ours.privateKey }) => {
      const claims = { iss: setting('JOBLINE_JWT_ISSUER'), iat: now(), ...form.claims(), ...changed };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid, ...form.head })
        .setExpirationTime('1m')
        .sign(key);
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch(`http://127.0.0.1:${listen}/messages/sync`, { headers });
      const { detail } = (await answer.json()) as { detail?: string };
      return detail ?? answer.status;
    };
    expect(await ask({})).toBe(200);
    for (const sub of form.subjects ?? []) expect(await ask({ sub }), sub).toBe(200);
    expect(await ask({}, { kid: 'next', key: another.privateKey })).toBe(200);
    expect(await ask({}, { kid: form.kid, key: another.privateKey })).toContain('not signed by a known key');
    expect(await ask({ iss: 'https://elsewhere.example' })).toContain('--jwt-issuer');
    if (!setting('JOBLINE_JWT_AUDIENCE')) return;
    expect(await ask({ aud: 'another' })).toContain('--jwt-audience');
    // An access token of Cognito, and a token of Auth0 for no API.
    expect(await ask({ aud: undefined, client_id: 'CLIENT', token_use: 'access' })).toContain('ID tokens');
  },
);

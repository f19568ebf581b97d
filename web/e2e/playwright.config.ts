import { existsSync } from 'node:fs';
import { defineConfig, type PlaywrightTestOptions } from '@playwright/test';

/**
 * Debian's Chromium, unless another one is named; if there is neither, the browser that Playwright has
 * installed.
 */
const chromium = [process.env.JOBLINE_CHROMIUM, '/usr/bin/chromium'].find(path => path && existsSync(path));

/** No sandbox, since tests also run as root in containers; no requests to servers of the browser's vendor. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
  // A microphone that beeps, a camera that counts, and permission for both.
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  // A screen to share, and calls on a machine without any other network.
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required',
];

type Profile = Partial<PlaywrightTestOptions> & { name: string; testMatch?: RegExp };

const phone = { isMobile: true, hasTouch: true } as const;
const profiles: Profile[] = [
  { name: 'desktop', viewport: { width: 1280, height: 800 } },
  {
    name: 'iphone',
    ...phone,
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 3,
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  },
  {
    name: 'android',
    // Another width and another user agent: these tests are about display and touch. Storing and sending is
    // tested on the desktop and, if it depends on a phone's screen, on the first phone.
    testMatch: /(accessibility|colours|looks|phone|voice)\.spec/,
    ...phone,
    viewport: { width: 360, height: 800 },
    deviceScaleFactor: 2,
    userAgent:
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  },
];

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  workers: Number(process.env.JOBLINE_E2E_WORKERS ?? 2),
  forbidOnly: true,
  // A test that fails once has found something: it is not retried.
  retries: 0,
  // Deadlines that no successful step reaches: three pauses between polls of 10 s each, on a busy machine.
  // Tests of speed compare with something else in the same run.
  timeout: 150_000,
  expect: { timeout: 45_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    colorScheme: 'light',
    trace: process.env.JOBLINE_TRACE ? 'retain-on-failure' : 'off',
    launchOptions: { args, ...(chromium && { executablePath: chromium }) },
  },
  projects: profiles.map(({ name, testMatch = /\.spec\.ts$/, ...use }) => ({ name, testMatch, use })),
});

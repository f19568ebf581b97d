/** The texts about a call: in the timeline, and when it is over. */

import { expect, test } from 'vitest';
import { isFull } from '../src/calls/CallButtons.tsx';
import { buttonOf, duration, length, stateOf } from '../src/calls/CallLine.tsx';
import { LINE_WORDS } from '../src/calls/lineWords.ts';
import { reason } from '../src/calls/reason.ts';
import { CALL_WORDS, callWords } from '../src/calls/words.ts';
import en from '../src/i18n/messages/en.json';
import { translator } from '../src/i18n/translator.ts';

test('a call is described differently for the caller and for the others', () => {
  const told = (['ringing', 'accepted', 'missed', 'cancelled', 'declined', 'ended'] as const).map(state => [
    stateOf({ state }, true),
    stateOf({ state }, false),
  ]);
  expect(told).toEqual([
    ['ringing', 'ringing'],
    ['running', 'running'],
    ['unanswered', 'missed'],
    ['cancelled', 'missed'],
    ['declined', 'declined'],
    ['ended', 'ended'],
  ]);
});

test('a call that is over can be repeated, and a crew call in progress can be joined', () => {
  expect(buttonOf({ state: 'missed' }, false, false)).toBe('back');
  expect(buttonOf({ state: 'ended' }, true, true)).toBe('again');
  expect(buttonOf({ state: 'ringing' }, false, true)).toBeUndefined();
  expect(buttonOf({ state: 'accepted' }, false, false)).toBeUndefined();
  expect(buttonOf({ state: 'accepted' }, true, true)).toBe('join');
});

test('the duration of a call runs from accept to end, and is absent without both', () => {
  const acceptedAt = '2026-01-05T09:00:00.000Z';
  expect(duration({ acceptedAt, endedAt: '2026-01-05T09:05:09.400Z' })).toBe('5:09');
  expect(duration({ acceptedAt })).toBeUndefined();
  expect(duration({ endedAt: acceptedAt })).toBeUndefined();
  expect([0, 59, 60, 3599, 3600, 36_061, -5].map(length)).toEqual([
    '0:00',
    '0:59',
    '1:00',
    '59:59',
    '1:00:00',
    '10:01:01',
    '0:00',
  ]);
});

test('every language has every text of calls, with the name in its place', () => {
  for (const words of [CALL_WORDS, LINE_WORDS]) {
    const names = Object.values(words).map(one => Object.keys(one).join());
    expect(new Set(names).size).toBe(1);
    for (const one of Object.values(words)) expect(Object.values(one).every(text => text !== '')).toBe(true);
  }
  for (const lang of ['en', 'es', 'ar'])
    expect(callWords(translator(lang, en))('muted', 'Jane')).toContain('Jane');
  // Names in other scripts do not change the direction of the text around them, and are inserted unchanged.
  expect(callWords(translator('ar', en))('incomingAudio', 'Jane')).toBe('\u2068Jane\u2069 يتصل بك');
  expect(callWords(translator('en', en))('incomingAudio', '$& Co')).toBe('$& Co is calling');
  expect(callWords(translator('xx', en))('accept')).toBe('Accept');
});

test('why a call is over: a local error, a refusal of the server, or how it ended', () => {
  const words = translator('en', en);
  const failed = (code: 'not_offered' | 'job_closed', field?: string) =>
    reason({ outcome: 'failed', problem: { code, detail: '', ...(field && { field }) } }, words);
  expect(reason({ outcome: 'failed', obstacle: 'noDevice' }, words)).toBe(
    'No microphone or camera was found.',
  );
  expect(failed('not_offered', 'callId')).toMatch(/^Four people are in this call/);
  expect(failed('not_offered', 'conversationId')).toMatch(/^A call runs that began before/);
  expect(failed('job_closed')).toBe('This job is closed.');
  expect(reason({ outcome: 'missed' }, words)).toBe('Nobody answered.');
});

test('a call of four is full for a fifth person, not for one of the four', () => {
  const call = (state: 'accepted' | 'ended', ...users: string[]) => {
    const devices = Object.fromEntries(users.map(user => [user, `device of ${user}`]));
    const told = {
      id: 'message_1',
      media: 'audio',
      startedBy: 'you',
      startedAt: '',
      state,
      devices,
    } as const;
    const person = { id: 'crew_7', name: 'Kitchen' };
    return { items: [{ id: 'crew_7', person, at: 0, unread: 0, pending: 0, failed: 0, call: told }] };
  };
  const four = ['you', 'john', 'mike', 'jane'];
  expect(isFull(call('accepted', ...four), 'crew_7', 'rosa')).toBe(true);
  expect(isFull(call('accepted', ...four), 'crew_7', 'jane')).toBe(false);
  expect(isFull(call('accepted', ...four.slice(1)), 'crew_7', 'rosa')).toBe(false);
  expect(isFull(call('ended', ...four), 'crew_7', 'rosa')).toBe(false);
  expect(isFull(call('accepted', ...four), 'crew_8', 'rosa')).toBe(false);
  expect(isFull({ items: [] }, 'crew_7')).toBe(false);
});

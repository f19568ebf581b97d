import { expect, test } from 'vitest';
import { settle, world } from '../testing/index.ts';

const texts = (messages: readonly { text: string }[]) => messages.map(({ text }) => text);

test('messages of others appear within three seconds while the chat is open', async () => {
  const { server, clock, device } = world();
  server.say('ben', 'anna', 'Hello Anna');
  const { jobline } = device().client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  await settle();
  expect(texts(chat.get().messages)).toEqual(['Hello Anna']);
  server.say('ben', 'anna', 'Are you there?');
  await clock.advance(2900);
  expect(chat.get().messages).toHaveLength(1);
  await clock.advance(200);
  expect(texts(chat.get().messages)).toEqual(['Hello Anna', 'Are you there?']);
});

test('the sender sees a message being sent, delivered and read', async () => {
  const { clock, device } = world();
  const anna = device().client('anna').jobline;
  const hers = anna.conversation({ with: 'ben' });
  hers.open();
  await hers.send('When can you come?');
  expect(hers.get().messages.map(({ state }) => state.is)).toEqual(['sending']);
  await settle();
  expect(hers.get().messages[0]?.state).toEqual({ is: 'sent' });
  const ben = device().client('ben').jobline;
  const his = ben.conversation({ with: 'anna' });
  his.open();
  await clock.advance(3000);
  await clock.advance(3000);
  expect(his.get().messages[0]?.state).toEqual({ is: 'received' });
  expect(hers.get().messages[0]?.state).toEqual({ is: 'delivered' });
  his.markAsRead();
  await clock.advance(3000);
  expect(hers.get().messages[0]?.state).toEqual({ is: 'read' });
  expect(ben.unread.get()).toBe(0);
});

/**
 * The client of tRPC 10, of this package's own since the one of tRPC 11 has the same name, and what it must accept and
 * refuse by its types.
 */

import {
  createTRPCProxyClient,
  httpBatchLink,
  httpLink,
  type TRPCClientError,
  unstable_httpBatchStreamLink,
} from '@trpc/client';
import type { AppRouterV10 } from '../sdk/src/trpc.ts';

const links = { httpLink, httpBatchLink, httpBatchStreamLink: unstable_httpBatchStreamLink };

/** The name of a link, as tRPC 11 has it. */
export type LinkName = keyof typeof links;

/** What superjson is to tRPC. */
interface Transformer {
  serialize(value: unknown): unknown;
  deserialize(value: never): unknown;
}

/** A client with one link. */
export function client(url: string, token: string, link: LinkName, transformer?: Transformer) {
  const headers = { authorization: `Bearer ${token}` };
  return createTRPCProxyClient<AppRouterV10>({
    ...(transformer && { transformer }),
    links: [links[link]({ url, headers })],
  });
}

/** Never called: the compiler is the test. */
export async function typed(trpc: ReturnType<typeof client>, error: TRPCClientError<AppRouterV10>) {
  const sent = await trpc.messages.send.mutate({ receiverId: 'ben', content: 'Hello' });
  const content: string = sent.message.content;
  await trpc.messages.sync.query();
  // @ts-expect-error a field that is not there
  await trpc.messages.send.mutate({ to: 'ben', content: 'Hello' });
  // @ts-expect-error a number for a string
  await trpc.messages.list.query({ conversationId: 5 });
  // @ts-expect-error an input that is required
  await trpc.messages.list.query();
  // @ts-expect-error a query is no mutation
  await trpc.messages.list.mutate({ conversationId: 'conv_a_b' });
  // @ts-expect-error the output has no such field
  void sent.text;
  const reason: string | undefined = error.data?.reason;
  return [content, reason];
}

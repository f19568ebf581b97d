/** What `AppRouter` accepts and refuses in tRPC 11. Nothing here is called: the compiler is the test. */

import type { createTRPCClient, TRPCClientError } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '../sdk/src/trpc.ts';

type Inputs = inferRouterInputs<AppRouter>['messages'];
type Outputs = inferRouterOutputs<AppRouter>['messages'];

export async function typed(
  trpc: ReturnType<typeof createTRPCClient<AppRouter>>,
  error: TRPCClientError<AppRouter>,
) {
  const input: Inputs['send'] = { receiverId: 'ben', content: 'Hello' };
  const sent: Outputs['send'] = await trpc.messages.send.mutate(input);
  const content: string = sent.message.content;
  const kind: 'pair' | 'crew' = (await trpc.messages.getConversation.query({ receiverId: 'ben' }))
    .conversation.kind;
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
  // @ts-expect-error there is no such procedure
  void trpc.messages.lost;
  const reason: string | undefined = error.data?.reason;
  // @ts-expect-error no code of the contract
  const wrong = error.data?.reason === 'no_such_code';
  return [content, kind, reason, wrong];
}

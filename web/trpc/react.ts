/** `AppRouter` with React Query. Nothing here is called: the compiler is the test. */

import { QueryClient, useMutation, useQuery } from '@tanstack/react-query';
import type { createTRPCClient } from '@trpc/client';
import { createTRPCContext, createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import type { AppRouter } from '../sdk/src/trpc.ts';

export const options = (client: ReturnType<typeof createTRPCClient<AppRouter>>) =>
  createTRPCOptionsProxy<AppRouter>({ client, queryClient: new QueryClient() });

export const { useTRPC } = createTRPCContext<AppRouter>();

export function useTyped() {
  const { messages } = useTRPC();
  const send = useMutation(messages.send.mutationOptions());
  send.mutate({ receiverId: 'ben', content: 'Hello' });
  // @ts-expect-error a field that is not there
  send.mutate({ to: 'ben', content: 'Hello' });
  // @ts-expect-error a number for a string
  messages.list.queryOptions({ conversationId: 5 });
  const { data } = useQuery(messages.list.queryOptions({ conversationId: 'conv_a_b' }));
  const content: string | undefined = data?.messages[0]?.content;
  return content;
}

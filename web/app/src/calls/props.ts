import type { Calls, CurrentCall } from '@jobline/sdk/calls';

/** A call, and the other person. */
export interface RunningProps {
  readonly calls: Calls;
  readonly call: CurrentCall;
  readonly person: { readonly id: string; readonly name: string; readonly avatarUrl?: string };
  readonly crew: boolean;
  readonly nameOf: (userId: string) => string;
}

/** The frames of a live connection, as the contract defines them: JSON objects in text, distinguished by `op`. */

import type { PresenceState, Synced } from '../generated/contract.ts';

/** The frames of a client. */
export type ClientFrame =
  | { readonly op: 'start'; readonly since: string }
  | { readonly op: 'have'; readonly since: string }
  | { readonly op: 'watch'; readonly conversationId: string | null }
  | { readonly op: 'typing'; readonly conversationId: string; readonly typing: boolean }
  | { readonly op: 'active'; readonly active: boolean }
  | { readonly op: 'token'; readonly token: string }
  | { readonly op: 'ping' };

/** The frames of the server. */
export type ServerFrame =
  /** `pokes`: the connection brings no answers, but says that there is something to poll for. */
  | { readonly op: 'ready'; readonly heartbeatMs: number; readonly pokes?: boolean }
  | ({ readonly op: 'synced' } & Synced)
  | { readonly op: 'poke' }
  | {
      readonly op: 'typing';
      readonly conversationId: string;
      readonly userId: string;
      readonly typing: boolean;
    }
  | {
      readonly op: 'presence';
      readonly userId: string;
      readonly state: PresenceState;
      readonly lastActiveAt?: string;
    }
  | { readonly op: 'tokenExpiring' }
  | { readonly op: 'degraded'; readonly pollMs: number }
  | { readonly op: 'restored' }
  | { readonly op: 'bye'; readonly reason?: string; readonly retryAfterMs: number }
  /** Only a sign of life. */
  | { readonly op: 'pong' | 'heartbeat' };

/** The frame in a text; `undefined` if it is none, for instance if a proxy has cut it. */
export function parse(data: unknown): ServerFrame | undefined {
  try {
    const frame = JSON.parse(String(data)) as ServerFrame | null;
    if (typeof frame?.op !== 'string') return undefined;
    const whole =
      frame.op !== 'synced' || (Array.isArray(frame.messages) && Array.isArray(frame.conversations));
    return whole ? frame : undefined;
  } catch {
    return undefined;
  }
}

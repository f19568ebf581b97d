/** The client of Jobline for any environment. In a page, import `@jobline/sdk/browser` instead. */

export type { Input, Output, Procedure } from './api.ts';
export type { Cache, Range, Value, Write } from './cache/port.ts';
export type {
  ConversationRef,
  FileLike,
  FileMeta,
  Jobline,
  JoblineOptions,
  Timeline,
} from './client.ts';
export { type Code, JoblineError, type Problem } from './errors.ts';
export * from './generated/limits.ts';
export { createJobline } from './jobline.ts';
export type { Observable } from './observable.ts';
export type * from './ports.ts';
export type * from './state.ts';
export { userOf } from './tokens.ts';

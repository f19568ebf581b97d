/** The client of Jobline for any surroundings. In a page, import `@jobline/sdk/browser` instead. */

export { MemoryCache } from './cache/memory.ts';
export type { Cache, Value, Write } from './cache/port.ts';
export type {
  ConversationRef,
  FileLike,
  FileMeta,
  Jobline,
  JoblineOptions,
  Timeline,
} from './client.ts';
export { type Code, JoblineError, type Problem } from './errors.ts';
export { conversationOf } from './ids.ts';
export { createJobline } from './jobline.ts';
export type { Observable } from './observable.ts';
export type * from './ports.ts';
export type * from './state.ts';
export { CONTENT_CHARACTERS, FILE_BYTES } from './text.ts';
export { userOf } from './token.ts';

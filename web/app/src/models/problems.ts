import type { Code } from '@jobline/sdk';
import type { Key, Translator } from '../i18n/translator.ts';
import { CONTENT_LIMIT, FILE_LIMIT } from './limits.ts';

/** A code of the contract that servers answer once there are calls. */
type LaterCode = 'call_over';

const KEYS: Readonly<Record<Code | LaterCode, Key>> = {
  invalid_request: 'errorInvalidRequest',
  content_empty: 'errorContentEmpty',
  content_too_long: 'errorContentTooLong',
  invalid_cursor: 'errorInvalidCursor',
  invalid_file: 'errorInvalidFile',
  invalid_emoji: 'errorInvalidEmoji',
  file_type_mismatch: 'errorFileType',
  file_not_uploaded: 'errorFileNotUploaded',
  unauthenticated: 'errorUnauthenticated',
  not_job_participant: 'errorNotParticipant',
  job_closed: 'errorJobClosed',
  recipient_unavailable: 'errorRecipientUnavailable',
  not_your_message: 'errorNotYourMessage',
  edit_window_over: 'errorEditWindowOver',
  delete_window_over: 'errorDeleteWindowOver',
  not_offered: 'errorNotOffered',
  not_found: 'errorNotFound',
  method_not_allowed: 'errorMethodNotAllowed',
  unsupported_media_type: 'errorUnsupportedMediaType',
  client_id_reused: 'errorClientIdReused',
  file_already_used: 'errorFileAlreadyUsed',
  message_deleted: 'errorMessageDeleted',
  call_over: 'errorCallOver',
  payload_too_large: 'errorPayloadTooLarge',
  file_too_large: 'errorFileTooLarge',
  rate_limited: 'errorRateLimited',
  unavailable: 'errorUnavailable',
  network: 'errorNetwork',
  signed_out: 'errorSignedOut',
  proxy_refused: 'errorProxyRefused',
  token_failed: 'errorTokenFailed',
};

/** What a problem means for the reader, in their words. The server's own are for developers, in English. */
export function wordsFor(code: string, words: Translator): string {
  const key = Object.hasOwn(KEYS, code) ? KEYS[code as Code] : 'errorUnknown';
  return words.t(key, { limit: CONTENT_LIMIT, size: words.size(FILE_LIMIT) });
}

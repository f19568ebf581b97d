/** What went wrong, in the contract's words. */

/** The contract's codes, and three of this client's own. */
export type Code =
  | 'invalid_request'
  | 'content_empty'
  | 'content_too_long'
  | 'invalid_cursor'
  | 'invalid_file'
  | 'file_type_mismatch'
  | 'file_not_uploaded'
  | 'unauthenticated'
  | 'not_job_participant'
  | 'job_closed'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'client_id_reused'
  | 'file_already_used'
  | 'payload_too_large'
  | 'file_too_large'
  | 'rate_limited'
  | 'unavailable'
  /** No answer, or one that is not this server's: offline, a proxy, a captive portal. */
  | 'network'
  /** `signOut` or `dispose` came first. */
  | 'signed_out'
  /** The upload was cancelled. */
  | 'cancelled';

/** Plain data, so that it can be kept with a refused message. */
export interface Problem {
  readonly code: Code;
  /** English, for developers: it says what to do. Show readers your own words for `code`. */
  readonly detail: string;
  readonly status?: number;
  /** The input that is wrong. */
  readonly field?: string;
  readonly retryAfterMs?: number;
}

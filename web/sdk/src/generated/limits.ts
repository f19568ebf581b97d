// Made by `npm run generate` from the OpenAPI document of the server. Do not edit.

/** Unicode scalar values in a message. */
export const CONTENT_CHARACTERS = 2000;
/** Bytes in a `clientId`. */
export const CLIENT_ID_BYTES = 64;
/** Bytes in a file. */
export const FILE_BYTES = 10485760;

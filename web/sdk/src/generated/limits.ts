// Made by `npm run generate` from the OpenAPI document of the server. Do not edit.

/** Unicode scalar values in a message. */
export const CONTENT_CHARACTERS = 2000;
/** Bytes in a `clientId`. */
export const CLIENT_ID_BYTES = 64;
/** Bytes in a file. */
export const FILE_BYTES = 10485760;
/** Bytes in the name of a file: longer ones are shortened. */
export const FILE_NAME_BYTES = 255;

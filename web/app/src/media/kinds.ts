/**
 * The types that the server accepts, by file extension: browsers give many files other types, or none.
 */
const TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  jpe: 'image/jpeg',
  jfif: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
  hif: 'image/heif',
  pdf: 'application/pdf',
  zip: 'application/zip',
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  ppsx: 'application/vnd.openxmlformats-officedocument.presentationml.slideshow',
  odt: 'application/vnd.oasis.opendocument.text',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odp: 'application/vnd.oasis.opendocument.presentation',
  odg: 'application/vnd.oasis.opendocument.graphics',
  txt: 'text/plain',
  text: 'text/plain',
  log: 'text/plain',
  md: 'text/plain',
  csv: 'text/csv',
};

/** For the `accept` attribute of a file field. `image/*` makes phones offer the camera. */
export const ACCEPT = ['image/*', ...Object.keys(TYPES).map(ending => `.${ending}`)].join(',');

const PHOTOS = /^image\/(jpeg|png|webp|heic|heif)$/;

/** The media type to announce for a file, or undefined if the server accepts no such file. */
export function typeOf(name: string, type: string): string | undefined {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return TYPES[ending ?? ''] ?? Object.values(TYPES).find(known => known === type);
}

/** Whether files of this type are re-encoded before they are sent. GIFs are not: they may be animated. */
export function isPhoto(type: string): boolean {
  return PHOTOS.test(type);
}

/** Whether messages show files of this type as a picture. */
export function isPicture(type: string | undefined): boolean {
  return /^image\/(jpeg|png|gif|webp)$/.test(type ?? '');
}

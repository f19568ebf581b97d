/**
 * Whether the files in the clipboard are meant, and not its text. Word and Excel put a picture of the text beside
 * it: then the text is meant. A file manager puts the names of the files beside them: then the files are.
 */
export function meansFiles(text: string, files: readonly { readonly name: string }[]): boolean {
  if (files.length === 0) return false;
  const lines = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(Boolean);
  return lines.every(line => files.some(({ name }) => line === name || line.endsWith(`/${name}`)));
}

/**
 * Whether to paste the files in the clipboard and not its text. Word and Excel add a picture of the text: then the text is
 * pasted. A file manager adds the names of the files as text: then the files are.
 */
export function meansFiles(text: string, files: readonly { readonly name: string }[]): boolean {
  if (files.length === 0) return false;
  const lines = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(Boolean);
  return lines.every(line => files.some(({ name }) => line === name || line.endsWith(`/${name}`)));
}

import { describe, expect, test } from 'vitest';
import { fileName, reencodedName } from '../src/models/fileName.ts';

describe('a file name', () => {
  test('cannot hide its extension with bidirectional control characters', () => {
    expect(fileName('invoice\u202egpj.exe', 'File')).toEqual({ base: 'invoicegpj', ending: '.exe' });
  });

  test('loses its path', () => {
    expect(fileName('../../etc/passwd.txt', 'File')).toEqual({ base: 'passwd', ending: '.txt' });
    expect(fileName('C:\\fakepath\\plan.pdf', 'File')).toEqual({ base: 'plan', ending: '.pdf' });
  });

  test('that is empty is replaced', () => {
    expect(fileName('\u202e', 'File')).toEqual({ base: 'File', ending: '' });
  });

  test('without an extension has none', () => {
    expect(fileName('.profile', 'File').ending).toBe('');
    expect(fileName('a.verylongending', 'File').ending).toBe('');
  });
});

describe('the name of a re-encoded photo', () => {
  test('has the extension of its new format, and no size in it', () => {
    expect(reencodedName('garden.HEIC', 'jpg')).toBe('garden.jpg');
    expect(reencodedName('.png', 'png')).toBe('photo.png');
  });

  test('stays short, plain and within the server’s rules', () => {
    const name = reencodedName(`/tmp/${'ä'.repeat(300)}\u202e.png`, 'png');
    expect(new TextEncoder().encode(name).length).toBeLessThan(255);
    expect(name).not.toMatch(/[/\u202e]/);
  });
});

import { describe, expect, test } from 'vitest';
import { fileName, nameWithSize, sizeInName } from '../src/models/fileName.ts';

describe('a file name', () => {
  test('cannot hide its ending behind a change of direction', () => {
    expect(fileName('invoice\u202egpj.exe', 'File')).toEqual({ base: 'invoicegpj', ending: '.exe' });
  });

  test('comes without the path it had', () => {
    expect(fileName('../../etc/passwd.txt', 'File')).toEqual({ base: 'passwd', ending: '.txt' });
    expect(fileName('C:\\fakepath\\plan.pdf', 'File')).toEqual({ base: 'plan', ending: '.pdf' });
  });

  test('that is empty gets another', () => {
    expect(fileName('\u202e', 'File')).toEqual({ base: 'File', ending: '' });
  });

  test('without an ending has none', () => {
    expect(fileName('.profile', 'File').ending).toBe('');
    expect(fileName('a.verylongending', 'File').ending).toBe('');
  });
});

describe('the size of a picture', () => {
  const size = { width: 1600, height: 1200 };

  test('travels in its name', () => {
    const name = nameWithSize('garden.HEIC', 'jpg', size);
    expect(name).toBe('garden-1600x1200.jpg');
    expect(sizeInName(name)).toEqual(size);
  });

  test('is replaced, not added, when it is sent on', () => {
    expect(nameWithSize('garden-99x77.jpg', 'jpg', size)).toBe('garden-1600x1200.jpg');
  });

  test('is known of no name that does not tell it', () => {
    expect(sizeInName('report-0x20.png')).toBeUndefined();
    expect(sizeInName('4x4.txt.png')).toBeUndefined();
    expect(sizeInName(undefined)).toBeUndefined();
  });

  test('a name stays short, plain and within the server’s rules', () => {
    const name = nameWithSize(`/tmp/${'ä'.repeat(300)}\u202e.png`, 'png', size);
    expect(new TextEncoder().encode(name).length).toBeLessThan(255);
    expect(name).not.toMatch(/[/\u202e]/);
    expect(nameWithSize('.png', 'png', size)).toBe('photo-1600x1200.png');
  });
});

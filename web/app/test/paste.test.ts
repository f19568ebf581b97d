import { expect, test } from 'vitest';
import { meansFiles } from '../src/models/paste.ts';

const files = (...names: string[]) => names.map(name => ({ name }));

test('text is pasted as text, even if Word or Excel put a picture of it beside it', () => {
  expect(meansFiles('Offer\r\n1\t2\t3', files('image.png'))).toBe(false);
  expect(meansFiles('x', files('image.png'))).toBe(false);
});

test('a copied picture is pasted as a picture', () => expect(meansFiles('', files('image.png'))).toBe(true));

test('copied files are pasted as files, though their names come as text', () => {
  expect(meansFiles('plan.pdf\noffer.pdf', files('plan.pdf', 'offer.pdf'))).toBe(true);
  expect(meansFiles('file:///home/ann/plan.pdf', files('plan.pdf'))).toBe(true);
});

test('a clipboard without files pastes none', () => expect(meansFiles('', [])).toBe(false));

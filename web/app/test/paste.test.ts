import { expect, test } from 'vitest';
import { meansFiles } from '../src/models/paste.ts';

const files = (...names: string[]) => names.map(name => ({ name }));

test('text wins over the picture of it that Word and Excel put beside it', () => {
  expect(meansFiles('Offer\r\n1\t2\t3', files('image.png'))).toBe(false);
  expect(meansFiles('x', files('image.png'))).toBe(false);
});

test('a copied picture is a picture', () => expect(meansFiles('', files('image.png'))).toBe(true));

test('copied files are files, though their names come with them', () => {
  expect(meansFiles('plan.pdf\noffer.pdf', files('plan.pdf', 'offer.pdf'))).toBe(true);
  expect(meansFiles('file:///home/ann/plan.pdf', files('plan.pdf'))).toBe(true);
});

test('without files there are none', () => expect(meansFiles('', [])).toBe(false));

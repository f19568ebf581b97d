import type { Locator } from '@playwright/test';

/** The WCAG contrast between the text of `element` and its background. */
export async function contrastOf(element: Locator): Promise<number> {
  return element.evaluate(one => {
    const numbers = (css: string) => (css.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = ([red = 0, green = 0, blue = 0]: number[]) =>
      [red, green, blue]
        .map(part => part / 255)
        .map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, at) => sum + part * ([0.2126, 0.7152, 0.0722][at] ?? 0), 0);
    let ground: number[] = [255, 255, 255];
    for (let around: Element | null = one; around; around = around.parentElement) {
      const found = numbers(getComputedStyle(around).backgroundColor);
      if ((found[3] ?? 1) === 0) continue;
      ground = found;
      break;
    }
    const both = [luminance(numbers(getComputedStyle(one).color)), luminance(ground)].sort((a, b) => b - a);
    return ((both[0] ?? 0) + 0.05) / ((both[1] ?? 0) + 0.05);
  });
}

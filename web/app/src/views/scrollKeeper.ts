/** How near to its end, in pixels, a list counts as being there. */
const AT_END = 48;

/**
 * Keeps the reader's position while rows come and go, pictures load and the keyboard opens: at the end the end, elsewhere
 * the first visible message. Browsers' own scroll anchoring is switched off for it, because not all have it and none can
 * hold the end of a chat.
 */
export class ScrollKeeper {
  readonly #scroller: HTMLElement;
  /** The first visible message, and its distance from the beginning of the list. */
  #seen: { readonly key: string; readonly offset: number } | undefined;
  /** Where `to` or `settle` left the list. */
  #left = 0;
  /** Whether the reader is at the end, and stays there when something is added. */
  atEnd = true;

  constructor(scroller: HTMLElement) {
    this.#scroller = scroller;
  }

  /** The reader has not scrolled since the list was put somewhere. */
  get isUntouched(): boolean {
    return Math.abs(this.#scroller.scrollTop - this.#left) < 2;
  }

  /** Records what the reader sees now. */
  note(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.atEnd = scrollHeight - scrollTop - clientHeight < AT_END;
    const row = this.#firstSeen();
    const key = row?.dataset.key;
    this.#seen = row && key !== undefined ? { key, offset: row.offsetTop } : undefined;
  }

  /**
   * Restores the recorded position after something has changed. It compensates only for added and removed rows: scrolling of
   * the reader in the meantime stays.
   */
  settle(): void {
    if (this.atEnd) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      return;
    }
    const row = this.#seen && this.row(this.#seen.key);
    if (!row || !this.#seen) return;
    const moved = row.offsetTop - this.#seen.offset;
    if (moved === 0) return;
    const before = this.#scroller.scrollTop;
    const untouched = this.isUntouched;
    this.#scroller.scrollTop = before + moved;
    if (untouched) this.#left = this.#scroller.scrollTop;
    // At the edge of the list there may be no room yet; the rest is compensated as soon as there is.
    const missing = moved - (this.#scroller.scrollTop - before);
    this.#seen = { key: this.#seen.key, offset: row.offsetTop - missing };
  }

  toEnd(): void {
    this.atEnd = true;
    this.settle();
  }

  /** Shows `row` a little below the upper edge. */
  to(row: HTMLElement): void {
    this.#scroller.scrollTop = row.offsetTop - this.#scroller.clientHeight / 5;
    this.#left = this.#scroller.scrollTop;
    this.note();
  }

  /** The row of a message, if it is in the page. */
  row(key: string): HTMLElement | null {
    return this.#scroller.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  }

  /** Rows are in order, so the first that ends below the upper edge is found by binary search. */
  #firstSeen(): HTMLElement | undefined {
    const rows = this.#scroller.querySelectorAll<HTMLElement>('[data-key]');
    const edge = this.#scroller.scrollTop;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle];
      if (row && row.offsetTop + row.offsetHeight <= edge) low = middle + 1;
      else high = middle;
    }
    return rows[low];
  }
}

/** Whether an on-screen keyboard would cover the chat when a field gets the focus. */
export const touches = (): boolean => matchMedia('(pointer: coarse)').matches;

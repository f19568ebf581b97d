/** What all scripts of the app and the element are built for, and how they find the sources of the SDK. */

export const resolve = { conditions: ['jobline-source', 'module', 'browser', 'development|production'] };

/** The oldest browsers that run them. */
export const target = ['chrome123', 'firefox128', 'safari17.5'];

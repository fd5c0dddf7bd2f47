/** So many choices stand below each other; more are a list. */
export const RADIOS_MAX = 4;

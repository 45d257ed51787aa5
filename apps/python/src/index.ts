/** The files that a worker in Python carries with it; whoever makes one copies them. */
export const PYTHON_SDK: URL = new URL('../ioi_sdk', import.meta.url);

/** The files that a worker in TypeScript carries with it; whoever makes one copies them. */
export const TYPESCRIPT_SDK: URL = new URL('./worker', import.meta.url);
